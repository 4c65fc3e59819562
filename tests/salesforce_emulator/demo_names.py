"""Names and words of the believable company's customers."""

import re
import unicodedata

# Name, domain, country, region and language of forty customers.
COMPANIES = [
    ("Norddeutsche Werft AG", "nordwerft.example", "Germany", "EMEA", "de"),
    ("Müller & Söhne Präzision", "mueller-praezision.example", "Germany", "EMEA", "de"),
    ("O'Reilly Logistics", "oreilly-logistics.example", "Ireland", "EMEA", "en"),
    ("Banco del Sur", "bancodelsur.example", "Spain", "EMEA", "es"),
    ("株式会社さくら電機", "sakura-denki.example", "Japan", "APAC", "ja"),
    ("Crédit Rhône-Alpes", "credit-rhone.example", "France", "EMEA", "fr"),
    ("Zakłady Łódź S.A.", "zaklady-lodz.example", "Poland", "EMEA", "pl"),
    ("شركة النور للتجارة", "alnoor-trading.example", "United Arab Emirates", "EMEA", "ar"),
    ("Great Lakes Health", "greatlakeshealth.example", "United States", "Americas", "en"),
    ("Pacific Grain Co-op", "pacificgrain.example", "United States", "Americas", "en"),
    ("Estação Digital", "estacaodigital.example", "Brazil", "Americas", "pt"),
    ('Smith "The Builder" Ltd', "smithbuilder.example", "United Kingdom", "EMEA", "en"),
    ("Wiener Feinkost", "wienerfeinkost.example", "Austria", "EMEA", "de"),
    ("Alpenbahn", "alpenbahn.example", "Switzerland", "EMEA", "de"),
    ("Compañía Andina de Energía", "andina-energia.example", "Peru", "Americas", "es"),
    ("Tōkyō Logistics", "tokyo-logistics.example", "Japan", "APAC", "ja"),
    ("Harbour City Council", "harbourcity.example", "Australia", "APAC", "en"),
    ("Société Générale de Verre", "verre.example", "France", "EMEA", "fr"),
    ("Blue Ridge Credit Union", "blueridgecu.example", "United States", "Americas", "en"),
    ("Kowalski i Wspólnicy", "kowalski.example", "Poland", "EMEA", "pl"),
    ("Hamburger Stadtwerke", "stadtwerke-hh.example", "Germany", "EMEA", "de"),
    ("Rocket 🚀 Robotics", "rocketrobotics.example", "United States", "Americas", "en"),
    ("Farmacias Sol", "farmaciassol.example", "Mexico", "Americas", "es"),
    ("Porto Têxtil", "portotextil.example", "Portugal", "EMEA", "pt"),
    ("Gulf Shipping", "gulfshipping.example", "Oman", "EMEA", "ar"),
    ("Maple Insurance", "mapleinsurance.example", "Canada", "Americas", "en"),
    ("Atelier d'Étoffes", "etoffes.example", "France", "EMEA", "fr"),
    ("Bergbau Süd", "bergbau-sued.example", "Germany", "EMEA", "de"),
    ("Nippon Paper Craft", "papercraft.example", "Japan", "APAC", "ja"),
    ("Delta Printing", "deltaprinting.example", "United States", "Americas", "en"),
    ("Clínica Vida", "clinicavida.example", "Spain", "EMEA", "es"),
    ("Praha Optics", "prahaoptics.example", "Czechia", "EMEA", "en"),
    ("Backhaus Krüger", "backhaus-krueger.example", "Germany", "EMEA", "de"),
    ("Café & Co", "cafeco.example", "Austria", "EMEA", "de"),
    ("Lumière Cinéma", "lumiere-cinema.example", "France", "EMEA", "fr"),
    ("Southern Wool", "southernwool.example", "New Zealand", "APAC", "en"),
    ("Gdańska Stocznia", "stocznia.example", "Poland", "EMEA", "pl"),
    ("Prairie Solar", "prairiesolar.example", "Canada", "Americas", "en"),
    ("Óptica Lisboa", "opticalisboa.example", "Portugal", "EMEA", "pt"),
    ("Old Mill Breads", "oldmillbreads.example", "United Kingdom", "EMEA", "en"),
]

# First and last name, the name in the address, and whether the user is active.
OWNERS = [
    ("Sofía", "Marín", "sofia.marin", True),
    ("Tom", "Becker", "tom.becker", True),
    ("Aiko", "Tanaka", "aiko.tanaka", True),
    ("Grace", "O'Neill", "grace.oneill", True),
    ("Jens", "Former", "jens.former", False),
]

PEOPLE = {
    "de": [
        ("Jürgen", "Weiß"),
        ("Anna", "Schäfer"),
        ("Björn", "Große"),
        ("Käthe", "von der Heide"),
        ("Max", "Lindner"),
        ("Ute", "Österreicher"),
        ("Dr. Paul", "Kühn"),
    ],
    "en": [
        ("Mary-Ann", "O'Brien"),
        ("Liam", "Walker"),
        ("Priya", "Sharma"),
        ("Noah 😀", "Carter"),
        ("Ella", "Nguyen"),
        ("James", 'Smith "Jim"'),
        ("Zoë", "Baker"),
    ],
    "es": [
        ("José", "Núñez"),
        ("María", "García López"),
        ("Íñigo", "Peña"),
        ("Lucía", "Ibáñez"),
        ("Raúl", "Soto"),
    ],
    "fr": [
        ("Élodie", "Lefèvre"),
        ("François", "d'Aubigné"),
        ("Chloé", "Noël"),
        ("Hélène", "Gaël"),
        ("Luc", "Roy"),
    ],
    "ja": [("健太", "佐藤"), ("美咲", "鈴木"), ("翔", "高橋"), ("さくら", "伊藤"), ("直樹", "渡辺")],
    "ar": [("ليلى", "حداد"), ("عمر", "النجار"), ("سارة", "خليل"), ("يوسف", "منصور"), ("هدى", "صالح")],
    "pl": [
        ("Łukasz", "Żak"),
        ("Agnieszka", "Wójcik"),
        ("Michał", "Dąbrowski"),
        ("Zofia", "Król"),
        ("Jan", "Ślusarz"),
    ],
    "pt": [
        ("João", "Conceição"),
        ("Inês", "Gonçalves"),
        ("Luís", "Magalhães"),
        ("Beatriz", "Simões"),
        ("Rui", "Sá"),
    ],
}

# Title, department and role.
JOBS = [
    ("Chief Financial Officer", "Finance", "Economic Buyer"),
    ("Head of Operations", "Operations", "Decision Maker"),
    ("Systems Administrator", "IT", "Technical Buyer"),
    ("Team Lead", "Operations", "Business User"),
    ("Chief Executive Officer", "Management", "Executive Sponsor"),
    ("Purchasing Manager", "Purchasing", "Influencer"),
]

SUBJECTS = [
    "Export takes very long",
    "Sign-in fails after the update",
    "Question about the invoice",
    "Umlauts are wrong in the report: ä ö ü",
    "Need a second sandbox",
    "Data is missing since Monday",
]


def mail_name(first: str, last: str, number: int) -> str:
    """Return the part of an address before the @, in plain letters."""
    plain = unicodedata.normalize("NFKD", f"{first}.{last}").encode("ascii", "ignore").decode().lower()
    plain = re.sub(r"[^a-z.]+", "", plain).strip(".")
    return plain if "." in plain else f"person{number}"
