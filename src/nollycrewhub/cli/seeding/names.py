"""Names in Nigerian traditions, by the part of the country they are common in; every pairing is invented."""

YORUBA = (
    "Adébáyọ̀ Ọmọlará Ṣọlá Tèmítọ́pẹ́ Fọláṣadé Olúwaṣeun Bùkọ́lá Kẹ́hìndé Táíwò Àbíọ́dún Yétúndé Babátúndé Adéọlá Fúnmiláyọ̀ Gbénga Ìyábọ̀ Déjì Morẹ́nikẹ́ Ayọ̀délé Títílayọ̀",
    "Adéyẹmí Ògúnlẹ́yẹ Akínwùmí Ọlátúnjí Fálànà Oyèlárán Adékúnlé Ṣówándé Bámgbóṣé Ọ̀ṣúndáre Àjàyí Olówólagbà Fágbèmí Adélékè Ọládipọ̀",
)
IGBO = (
    "Chidịnma Ọbịnna Ngọzi Chukwuemeka Adaeze Ikenna Ifeọma Kenechukwu Nkechi Uchenna Chiamaka Obiọra Amarachi Emeka Nneka Somtọchukwu Ijeọma Chinedu Ụzọma Ogechi",
    "Ọkafọ Nwosu Eze Onwuka Ọkonkwọ Nnaji Anyanwụ Ụgwu Ibekwe Mbanefo Agụ Nwachukwu Okeke Ezeilo Obi",
)
HAUSA = (
    "Aminu Hauwa Sani Zainab Musa Fatima Ibrahim Hadiza Yusuf Aisha Bashir Maryam Kabiru Rukayya Usman Halima Nasiru Binta Garba Safiya",
    "Danjuma Bello Abubakar Ɗanladi Garba Sule Maikano Ƙofarmata Tukur Shehu Wada Gambo Lawal Dantata Yaro",
)
EDO = (
    "Osaretin Ivie Efosa Itohan Osagie Aisosa Nosakhare Isoken Eghosa Omosede Uwaila Imuetinyan",
    "Igbinedion Osayande Aghedo Ehigiator Omoregie Uwaifo Idahosa Eweka Obaseki Okungbowa",
)
SOUTH = (
    "Ekaette Udeme Ini Nsikak Idongesit Aniekan Tonye Ibinabo Ebiere Preye Oghenetega Ejiro Efe Onome Bassey Arit",
    "Effiong Udoh Akpan Essien Bassey Dokubo Briggs Ebikeme Oghenekaro Okpara Umoh Ekpo Amachree Tamuno",
)
MIDDLE = (
    "Terkimbi Dooshima Ngodoo Terver Ladi Pam Nanle Chundung Ufedo Ojonugwa Eneojo Ene Onyeche Yakubu Mercy Longji",
    "Tyoor Gyang Dung Ochefu Agbo Achimugu Ameh Iorfa Davou Kumzhi Adakole Ejeh Bulus Gwamna",
)
BY_STATE = {
    **dict.fromkeys(["LA", "OG", "OY", "OS", "ON", "EK", "KW"], YORUBA),
    **dict.fromkeys(["AB", "AN", "EB", "EN", "IM"], IGBO),
    **dict.fromkeys(["KN", "KD", "KT", "SO", "KE", "ZA", "JI", "BA", "GO", "YO", "BO", "AD"], HAUSA),
    "ED": EDO,
    **dict.fromkeys(["AK", "CR", "RI", "BY", "DE"], SOUTH),
    **dict.fromkeys(["BE", "PL", "NA", "KO", "NI", "TA", "FC"], MIDDLE),
}
STATE_LANGUAGES = {
    **dict.fromkeys(["LA", "OG", "OY", "OS", "ON", "EK"], ("yo",)),
    "KW": ("yo", "nup"),
    **dict.fromkeys(["AB", "AN", "EB", "EN", "IM"], ("ig",)),
    **dict.fromkeys(["KN", "KD", "KT", "SO", "KE", "ZA", "JI"], ("ha",)),
    **dict.fromkeys(["BA", "GO", "AD"], ("ha", "ff")),
    **dict.fromkeys(["YO", "BO"], ("ha", "kr")),
    "ED": ("bin", "ish"), "AK": ("ibb", "efi"), "CR": ("efi",), "RI": ("ijc",), "BY": ("ijc",), "DE": ("urh", "its", "ig"),
    "BE": ("tiv", "idu"), "PL": ("ha",), "NA": ("ha",), "KO": ("igl", "yo"), "NI": ("nup", "gba", "ha"), "TA": ("tiv", "ha"),
    "FC": ("gba", "ha"),
}  # fmt: skip
HOUSES = (
    "Ọmọlará Pictures", "Iroko Lane Films", "Third Harmattan Studio", "Palm Wick Productions", "Red Laterite Films",
    "Udara Season Pictures", "Kano Road Cinema", "Masquerade House", "Blue Danfo Films", "Agbada & Sons Pictures",
    "Ogbono Street Studio", "Benue Bend Films", "Two Gourds Productions", "Night Market Pictures", "Cowrie Path Films",
    "Zuma View Studio", "Calabash Moon Films", "Dry Season Cinema", "Ekpe Drum Pictures", "Sunday Rice Productions",
    "Kerosene Lamp Films", "Long Bridge Pictures", "Idanre Hill Studio", "Adire Blue Films", "Warri Corner Productions",
)  # fmt: skip
FIRST_TITLE = (
    "The Last|My Father's|A Wife for|Before the|Oil and|Seven Nights in|The Return of|Born in|Daughters of|Beyond|The House on|Market of"
)
LAST_TITLE = (
    "Harmattan|Umuada|Masquerade|Aso Ebi|Danfo|Owambe|Kola Nut|Iya Oge|Okada|Generator|Moonlight Tales|Lekki Bridge|Palm Wine|Surulere"
)
