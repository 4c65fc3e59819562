"""English."""

from integrations.mail.classify.wording.phrases import Wording

_FIRM = (
    r"(the |this |our )?(company|organi[sz]ation|firm|business|employ\w*|school|university|agency|bank|institute)|"
    r"us(?!\w)|here(?!\w)|there(?!\w)"
)
_AWAY = (
    r"(out of (the )?office|out of town|out of the country|away|on (annual |my |a |summer |public |paid |short |sick )*"
    r"(leave|holidays?|vacation|business trip|pto)|on pto|on the road|travell?ing|not in the office|unavailable|"
    r"off (sick|work|until)|ooo|attending (a|an|the) \w+|without access to (my )?e-?mail|abroad|absent|unreachable)"
)
_WHO = (
    r"((this|the|your) (person|employee|user|recipient|addressee|colleague|contact|individual|team member|"
    r"staff member|account|mailbox owner|owner of this (mailbox|address|account))|"
    r"the (person|employee|colleague) you (are|were) \w+( \w+)*|"
    r"(he|she|they)|(mr|mrs|ms|dr)\.? [\w.'-]+( [\w.'-]+)?|[\w'-]+ [\w'-]+)"
)

ENGLISH = Wording(
    absent=(
        rf"(i am|i'm|i will be|i'll be|i shall be|we are|currently|am|will be) ... {_AWAY}",
        rf"^{_AWAY}(?= until| till| from| and| with|$)",
        r"(our|the) office(s)? (is|are|will be) closed",
        r"i have limited access to",
        r"(will be|am) back (on|in|at|from)",
        r"(i|we) (will )?return to (the office|work)",
        r"(i am|i'm|currently) (in meetings|in training|at a conference|at an offsite)",
    ),
    leave=(
        r"(parental|maternity|paternity|adoption|sabbatical|long[- ]term|extended|medical|family|study|carer'?s?|"
        r"childcare|child care|unpaid|military|bereavement|educational|research) leave",
        r"(on|taking|start\w*|my) (a |an |my )?sabbatical",
        r"leave of absence",
        r"long[- ]term sick",
        r"career break",
    ),
    left=(
        rf"i (am|'m)? ?no longer (work|employed|working|with|at|part of|a member of|an employee)( (for|at|with|of|by))? ?({_FIRM}|\w+[^.]{{0,40}}$)",
        rf"i (don't|do not) work (for|at|with) ({_FIRM}|[\w& .-]{{2,40}}) (anymore|any more|any longer)",
        r"i don't work here (anymore|any more)",
        rf"i (have |had |'ve |have now |have recently |have since )?(left|departed|resigned from|retired from|moved on from|parted ways with) ({_FIRM}|my (role|position|job|post) (at|with))",
        r"i (have|'ve) (now |recently |since |officially )?(left|moved on from|departed) (?!my|the office|a\b|an\b|for|on\b|early|home|some|you|it\b|this|that|behind|the (room|meeting|building|house|survey|form|call|project|team))\w",
        r"i (have|am|'ve|'m) (now |recently )?retired",
        r"(my last (working )?day|my employment) (was|at|with) ... (was|ended|has ended|ceased)",
        r"my last (working )?day (at|with) .{1,40} was",
        r"my employment (with|at) .{1,40} (has )?(ended|ceased|came to an end)",
        r"i (have )?(stepped down|left) (from )?(my|the) (position|role|post|job)",
    ),
    gone=(
        rf"{_WHO} (is|are|was) no longer (with|at|employed|working|part of|an employee|a member of|in (the|our) (company|organi[sz]ation))( (by|at|with|for|of))? ?(?!the project|this project|the team|this team)",
        rf"{_WHO} no longer works? (for|at|with|here|there)",
        rf"{_WHO} (has |have )?(left|departed|retired from|resigned from|moved on from) ({_FIRM})",
        rf"{_WHO} (has|have) (now |recently |since )?(retired|resigned|moved on)(?! to)",
        rf"{_WHO} (does not|doesn't|do not|don't) work (here|for|at|with) ... (anymore|any more|any longer)",
        rf"{_WHO} (does not|doesn't) work here",
        r"no longer (with|employed (by|at|with)|an employee of|works? (for|at)) (the|this|our) (company|organi[sz]ation|firm)",
        r"(former|ex-) ?employee",
    ),
    courtesy=(
        r"thank(s| you) (very much |so much )?for (your |the |contacting|reaching|getting|writing|e-?mailing)",
        r"(if|for|in case of|should|regarding) (it is |it's |your |you |any |anything |this |the |matter |is |an? |all )*(urgent|urgency|emergenc|immediate|important)",
        r"(urgent|immediate|emergency) (matters|assistance|enquir|inquir|request|issue|question|help|attention|support)",
        r"limited (access|connectivity|availability|e-?mail)",
        r"(no|without|intermittent|sporadic|not have) (\w+ )?access to (my )?(e-?mail|inbox|mailbox)",
        r"(i will|i'll|we will|shall|will) (respond|reply|answer|get back|be back|return|attend|read|be in touch|come back|be (checking|reading|responding))",
        r"(please|kindly|you (can|may)) (contact|direct|refer|e-?mail|reach|get in touch|write|send|forward|speak|call|address|turn|note|be advised|use|update|do not|resend)",
        r"(your|this|the) (e-?mail|message|mail|request)s? (will|has|have|is|are) (not |been )*(be )?(forward|read|deliver|delet|receiv|answered)",
        r"(is|will be|are) (covering|standing in|replacing|deputi[sz]ing|available)",
        r"in my absence|during my absence|while i am (away|out)|on my return|upon my return|when i (return|get back|am back)",
        r"(as soon as|at my earliest|my earliest|first opportunity)",
        r"this is an auto(mated|matic)",
        r"do not reply",
        r"as of \d|effective (immediately|\d)|going forward",
    ),
    ticket=(
        r"(ticket|case|request|reference|incident|enquiry|inquiry|support)( (number|no|id|ref))?\.?:? ?[\[(#]{0,2}[a-z]{0,5}-?\d{3,} ... (has been|was|is|created|opened|received|logged)",
        r"(has been|have been|was|were|is now) (successfully )?(received|registered|logged|created|opened|recorded|assigned|submitted) ... (ticket|case number|case id|reference|request|incident|number)",
        r"(your|the) (request|ticket|case|enquiry|inquiry|message|e-?mail|issue|incident) (has been|have been|was|is now) (successfully )?(received|registered|logged|created|opened|recorded|assigned)",
        r"(we have|we've) (received|logged|registered|opened|created) (your|a) (request|ticket|case|enquiry|inquiry|support)",
        r"(ticket|case|incident|reference) (number|id|no\.?) (is|:|for)",
        r"(do not|don't|please leave|without) (change|chang\w*|alter|edit|modif\w*) (the )?subject",
        r"##- please type your reply above this line",
        r"(one of our|our) (agents?|support team|team|representatives?) will (respond|reply|get back|be in touch|contact)",
    ),
    unmonitored=(
        r"(mailbox|inbox|e-?mail address|address|account|e-?mail) (is|are) (not|no longer|un) ?(being )?(monitored|read|checked|in use|active|attended)",
        r"(unmonitored|unattended|no longer monitored|not monitored) (mailbox|inbox|address|account)?",
        r"(replies|responses|messages|e-?mails) (to|sent to) (this|the) (mailbox|address|e-?mail|message) (are not|will not be|cannot be) (read|monitored|answered|seen)",
        r"(this|the) (mailbox|inbox|address|account) ... (is|has been) (closed|deactivated|discontinued|retired)",
        r"(cannot|can't|unable to|does not|not able to) (receive|accept) (replies|e-?mails?|incoming)",
    ),
    moved=(
        r"my (e-?mail|email|mail|new|contact)( ?address)? ... (has (been )?changed|has moved|is (now|changing))",
        r"(e-?mail )?address (has (been )?changed|has moved)",
        r"(i have|i've|we have|we've) (a new|changed my|changed our|moved to a new) (e-?mail|mail)",
        r"my new (e-?mail |mail )?(address )?(is|:)",
        r"new e-?mail address ?(is|:)",
        r"(update|change|amend) your (records|address ?book|contacts|contact details)",
        r"(please|kindly) (use|write to) (my |the |our )?new (e-?mail|address)",
    ),
    subject=(
        r"(automatic|automated|auto|auto-)[- ]?(reply|response|answer|acknowledge?ment)",
        r"autoreply|autoresponse|auto-?responder",
        r"out[- ]of[- ](the[- ])?office( (auto-?reply|reply|autoreply|response|notice|message))?",
        r"ooo",
        r"vacation (reply|notice|message|response)",
        r"on (vacation|leave|holiday)",
        r"away from (my mail|the office)",
        r"absence( notice)?",
    ),
    takes_over=(
        r"i (have |'ve )?(took|taken|take|am taking|will take|inherited) over",
        r"i (am|'m) (his|her|their|the) (replacement|successor)",
        r"i (replaced|succeeded|am replacing|now handle|now do|am handling|look after)",
        r"my (colleague|predecessor|boss|manager|former colleague|old boss|co-?worker)",
    ),
    opt_out=(
        r"unsubscribe( me|$|[ ,.!]*(please|pls|thanks|thank you|now|from|my|immediately))",
        r"(please|pls|kindly|to be|wish to|want to|like to) unsubscribe",
        r"(remove|delete|take|drop|strike|exclude) (me|us|my (e-?mail|address|name|data|details)\w*)( address)? ... (from|off|out of)",
        r"(please )?(remove me|take me off|opt me out|opt[- ]out)(?!\w| of the office)",
        r"(stop|quit|cease) (sending|mailing|e-?mailing|contacting|spamming|bothering|asking|surveying|bombarding|writing)",
        r"(do not|don't|never|no longer|please not) (send|e-?mail|mail|contact|ask|survey|write|spam|bother) (me|us|any|these|this|further|again|such)",
        r"(no more|no further|not want ... (any )?(more|further)) (e-?mails?|mails?|surveys?|messages?|questionnaires?|invitations?|requests)",
        r"(don't|do not|no longer) (want|wish|care) (to )?(receive|get|be (contacted|surveyed|asked|e-?mailed))",
        r"(i|we) (want|would like|wish) (to be )?(removed|off) ... (list|mail)",
        r"^stop$|^stop (this|it|these|please|e-?mails?|surveys?)|please stop",
        r"leave me alone|not interested in (these|your|any|receiving|further) (surveys|e-?mails|mails)",
    ),
    referred=(
        r"(nothing|not much) to do with (this|that|your|the|it)",
        r"(not|no longer) (the )?(right|correct|responsible|in charge|involved|handling|managing|using|best) (person|contact|one|for|of|with)?",
        r"(wrong|incorrect) (person|contact|address)",
        r"(please )?(ask|contact|talk to|speak to|speak with|reach out to|direct ... to|forward ... to|send ... to|write to|try) ... (instead|[\w.+-]+@)",
        r"(has|have) (taken over|replaced me|my (old )?(role|job|position))",
        r"(changed|moved|switched|new) (to (a|an|another) )?(role|roles|position|teams?|department|job)s?",
        r"(is|are) (now )?(responsible|in charge|the right person|the (new )?contact)",
        r"no longer (my|in my) (area|job|responsibility|remit|role)",
        r"i no longer (work in|work on|work with|use|manage|handle|deal|look)",
    ),
    conditional=(
        r"(if|unless|whether|in case|when|should) (you|your|he|she|they|the recipient)",
        r"no longer with the company\?",
        r"^(are|is) (you|this|he|she)",
    ),
    back=(
        r"(be|am|i'm) back",
        r"return",
        r"available (again|from)",
        r"back (on|at|in|from)",
        r"back in the office",
        r"resume",
        r"reachable again",
        r"again",
    ),
    until=(
        r"until",
        r"till",
        r"til",
        r"through",
        r"thru",
        r"to",
        r"and",
        r"up to",
        r"by",
        r"ending",
        r"ends?",
        r"-",
        r"–",
        r"before",
    ),
    since=(r"from", r"since", r"as of", r"starting", r"between", r"beginning", r"effective"),
)
