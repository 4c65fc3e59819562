"""The words of the demo company: names in many scripts, companies, comments people would really write."""

CSMS = (
    ("Ana Ferreira", "Europe/Lisbon"),
    ("Jonas Lindqvist", "Europe/Stockholm"),
    ("Priya Raman", "Asia/Kolkata"),
    ("Marcus Whitfield", "America/New_York"),
    ("Yuki Tanabe", "Asia/Tokyo"),
    ("Leïla Benali", "Europe/Paris"),
)

# region → (countries, languages, time zones, name pool)
REGIONS: dict[str, tuple[tuple[str, str, str, str], ...]] = {
    "DACH": (
        ("Germany", "de", "Europe/Berlin", "german"),
        ("Austria", "de", "Europe/Vienna", "german"),
        ("Switzerland", "de", "Europe/Zurich", "german"),
    ),
    "Western Europe": (
        ("France", "fr", "Europe/Paris", "french"),
        ("Spain", "es", "Europe/Madrid", "iberian"),
        ("Portugal", "pt", "Europe/Lisbon", "iberian"),
        ("United Kingdom", "en", "Europe/London", "english"),
        ("Greece", "en", "Europe/Athens", "greek"),
    ),
    "North America": (
        ("United States", "en", "America/New_York", "english"),
        ("Canada", "en", "America/Toronto", "english"),
        ("Mexico", "es", "America/Mexico_City", "iberian"),
    ),
    "Middle East": (
        ("United Arab Emirates", "ar", "Asia/Dubai", "arabic"),
        ("Jordan", "ar", "Asia/Amman", "arabic"),
    ),
    "Asia Pacific": (
        ("Japan", "ja", "Asia/Tokyo", "japanese"),
        ("India", "en", "Asia/Kolkata", "indian"),
        ("South Korea", "en", "Asia/Seoul", "korean"),
        ("Australia", "en", "Australia/Sydney", "english"),
    ),
    "Eastern Europe": (
        ("Poland", "en", "Europe/Warsaw", "polish"),
        ("Ukraine", "en", "Europe/Kyiv", "ukrainian"),
    ),
}

NAMES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "english": (
        ("Grace", "Oliver", "Hannah", "Samuel", "Nadia", "Patrick", "Rosa", "Theo", "Imogen", "Caleb"),
        (
            "Okafor",
            "Bennett",
            "Castellanos",
            "Whitaker",
            "Nguyen",
            "O'Sullivan",
            "Hargreaves",
            "Laurent-Price",
        ),
    ),
    "german": (
        ("Jörg", "Anneliese", "Matthias", "Sabine", "Uwe", "Käthe", "Björn", "Franziska"),
        ("Müller", "Großmann", "von der Heide", "Schönberger", "Yıldız", "Bäumler", "Kowalski", "Öztürk"),
    ),
    "french": (
        ("Amélie", "Benoît", "Chloé", "Étienne", "Maëlle", "Raphaël", "Inès", "Gaël"),
        ("Lefèvre", "D'Angelo", "Marchand", "N'Diaye", "Châtelain", "Roux-Delacroix", "Besson"),
    ),
    "iberian": (
        ("Begoña", "Íñigo", "María José", "João", "Conceição", "Andrés", "Ximena", "Gonçalo"),
        ("Núñez", "Etxeberria", "de la Peña", "Araújo", "Guimarães", "Ibáñez", "Magalhães"),
    ),
    "greek": (
        ("Ελένη", "Γιώργος", "Κατερίνα", "Νίκος"),
        ("Παπαδοπούλου", "Αντωνίου", "Βασιλείου", "Καραγιάννης"),
    ),
    "polish": (
        ("Łukasz", "Małgorzata", "Wojciech", "Agnieszka"),
        ("Wiśniewski", "Dąbrowska", "Żak", "Szczepański"),
    ),
    "ukrainian": (("Олена", "Тарас", "Світлана", "Юрій"), ("Шевчук", "Коваленко", "Бондаренко", "Ґалаґан")),
    "arabic": (
        ("ليلى", "يوسف", "نور", "كريم", "سلمى", "عمر"),
        ("الخطيب", "حدّاد", "المصري", "الزعبي", "منصور"),
    ),
    "japanese": (
        ("葵", "大輔", "美咲", "健太", "さくら", "翔"),
        ("佐藤", "山本", "小林", "髙橋", "渡邊", "伊藤"),
    ),
    "indian": (
        ("अनन्या", "Rohit", "Lakshmi", "Arjun", "दीपक", "Meera"),
        ("Iyer", "Chatterjee", "शर्मा", "Venkatesan"),
    ),
    "korean": (("지우", "민준", "서연", "하준"), ("김", "이", "박", "최")),
}

# What an address is spelled with when a name has no Latin letters.
LATIN_NAMES = (
    "eleni",
    "giorgos",
    "olena",
    "taras",
    "layla",
    "yousef",
    "aoi",
    "daisuke",
    "ananya",
    "jiwoo",
    "minjun",
)

COMPANY_ROOTS = (
    "Alderbrook",
    "Bluefjord",
    "Castellan",
    "Delphine",
    "Eastmoor",
    "Ferrovia",
    "Granite Bay",
    "Heliodor",
    "Ironvale",
    "Juniper & Rowe",
    "Kitano",
    "Lakeshore",
    "Montclair",
    "Nordhaven",
    "Orchard Row",
    "Pinecrest",
    "Quillon",
    "Riverbend",
    "Silberbach",
    "Tramontane",
    "Umbra",
    "Vesterbro",
    "Westerly",
    "Yarrow",
    "Zephyra",
)
COMPANY_ENDINGS: dict[str, tuple[str, ...]] = {
    "Manufacturing": ("Industries", "Precision Works", "Robotics"),
    "Financial services": ("Bank", "Insurance Group", "Capital"),
    "Healthcare": ("Clinics", "Medical Systems", "Diagnostics"),
    "Logistics": ("Freight", "Logistics", "Shipping"),
    "Retail": ("Stores", "Outfitters", "Market"),
    "Software": ("Systems", "Cloud", "Analytics"),
}

JOB_TITLES: dict[str, tuple[str, ...]] = {
    "decision_maker": (
        "Chief Operating Officer",
        "VP Operations",
        "Head of Procurement",
        "Managing Director",
    ),
    "champion": ("Director of Operations", "Transformation Lead", "Head of Service Delivery"),
    "admin": ("Systems Administrator", "Application Owner", "IT Operations Manager"),
    "power_user": ("Operations Analyst", "Team Lead", "Planner", "Service Coordinator", "Controller"),
    "influencer": ("Enterprise Architect", "Data Protection Officer", "Finance Business Partner"),
}

COMMENTS: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "promoter": (
            "Ana picks up the phone and the thing gets fixed. That is all I want from a supplier.",
            "We cut the monthly close from nine days to four. My team would fight me if I took it away.",
            "Support answered on a Sunday evening. I did not expect that, and I have not forgotten it.",
            "The quarterly review was the first one where a vendor showed us what was going badly.",
            "Rolled out to three sites without a consultant. Training videos are short and to the point.",
            "It just works, and when it does not somebody tells us before we notice.",
            "The new planning view saved us during the port strike.",
            "Best onboarding I have seen in fifteen years of buying software.",
        ),
        "passive": (
            "Solid. Reports are slow on the first of the month, otherwise no complaints.",
            "Does what it says. I would like to see the roadmap more than once a year.",
            "Good product, but the invoice never matches the order form.",
            "Fine for our team; the other departments never got proper training.",
            "Happy with support, less happy with how often the menu moves around.",
            "We use about half of it. Somebody should show us the other half.",
        ),
        "detractor": (
            "Why was the renewal price doubled? Nobody has explained it.",
            "Third outage this quarter, always on payroll day.",
            "I have had four account managers in two years and told each of them the same story.",
            "Our ticket about the export has been open since March.",
            "The integration breaks with every release and we find out from our own customers.",
            "Promised in the sales call, still 'on the roadmap' a year later.",
            "I answer these every quarter and nothing changes. What do you do with them?",
        ),
    },
    "de": {
        "promoter": ("Läuft seit dem Umzug stabil, und der Support kennt uns beim Namen.",),
        "passive": (
            "Nicht geschimpft ist genug gelobt. Die Auswertung am Monatsersten ist zu langsam.",
            "Ordentliche Arbeit. Bei der Dokumentation ist noch Luft nach oben.",
            "Zuverlässig, aber die deutsche Oberfläche ist stellenweise halb übersetzt.",
        ),
        "detractor": (
            "Die Schnittstelle fällt nach jedem Update aus, und wir erfahren es von unseren Kunden.",
            "Seit dem Wechsel der Ansprechpartnerin fühlt sich niemand zuständig.",
        ),
    },
    "fr": {
        "promoter": ("Une équipe qui écoute vraiment : notre demande d'avril était livrée en juin.",),
        "passive": ("Bon outil, mais les formations pour les nouveaux arrivants manquent.",),
        "detractor": ("Trois interlocuteurs en un an, et toujours la même question sans réponse.",),
    },
    "es": {
        "promoter": ("Nos ahorra dos días cada cierre de mes. Lo recomiendo sin dudar.",),
        "passive": ("Cumple, aunque los informes tardan demasiado.",),
        "detractor": ("El soporte responde rápido, pero no resuelve.",),
    },
    "pt": {
        "promoter": ("A equipa resolveu em horas o que o fornecedor anterior não resolveu em meses.",),
        "passive": ("Funciona bem; falta uma aplicação para o telemóvel.",),
        "detractor": ("O preço subiu e o serviço não.",),
    },
    "ja": {
        "promoter": ("導入支援が丁寧で、現場の負担が大きく減りました。",),
        "passive": ("機能には満足していますが、日本語の資料がもう少し欲しいです。",),
        "detractor": ("問い合わせへの回答が遅く、業務に支障が出ています。",),
    },
    "ar": {
        "promoter": ("فريق متعاون ويستجيب بسرعة، وقد وفّر علينا ساعات كل أسبوع.",),
        "passive": ("النظام جيد، لكن التقارير بالعربية تحتاج إلى تحسين.",),
        "detractor": ("انتظرنا شهرين لحل مشكلة بسيطة.",),
    },
}

# The comeback, in the customer's own words, wave by wave.
COMEBACK = (
    (3, "We are looking at your competitors. The migration cost us a weekend and two customers."),
    (4, "Somebody finally came on site. Too late for this quarter, but noted."),
    (7, "The plan you drew up with us in spring is being kept, step by step."),
    (9, "Different company since the new service lead. Say it to your boss, she earned it."),
    (9, "It stayed that way. The second site goes live on the plan we made together."),
)
