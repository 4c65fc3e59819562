"""The definition that scores are made by, as versions with the days from which they hold."""
