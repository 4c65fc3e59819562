"""Listen: the pages a respondent meets and what they answered."""
