"""Who and what is registered: organizations, officers, task groups, programmes, categories, indicators, payees."""

from maker.table import day

TOWNSHIPS = [
    ("xiulin", "绣林街道"), ("bijiashan", "笔架山街道"), ("xinchang", "新厂镇"), ("henggoushi", "横沟市镇"),
    ("dayuan", "大垸镇"), ("xiaohekou", "小河口镇"), ("taohuashan", "桃花山镇"), ("diaoguan", "调关镇"),
    ("dongsheng", "东升镇"), ("gaojimiao", "高基庙镇"), ("nankou", "南口镇"), ("gaoling", "高陵镇"),
    ("tuanshansi", "团山寺镇"), ("jiuheyuan", "久合垸乡"),
]

# Id, name, short form of the officer's id. The two without one have officers of other roles.
DEPARTMENTS = [
    ("finance-bureau", "财政局", None),
    ("treasury", "国库", None),
    ("poverty-relief-office", "扶贫办", "fpb"),
    ("development-reform-bureau", "发展和改革局", "fgj"),
    ("agriculture-bureau", "农业农村局", "nyj"),
    ("water-bureau", "水利和湖泊局", "slj"),
    ("transport-bureau", "交通运输局", "jtj"),
    ("housing-bureau", "住房和城乡建设局", "zjj"),
    ("education-bureau", "教育局", "jyj"),
    ("health-bureau", "卫生健康局", "wjj"),
    ("health-insurance-bureau", "医疗保障局", "ybj"),
    ("civil-affairs-bureau", "民政局", "mzj"),
    ("human-resources-bureau", "人力资源和社会保障局", "rsj"),
    ("financial-affairs-bureau", "地方金融工作局", "jrj"),
]

ORGANIZATION_NAMES = {**dict(TOWNSHIPS), **{row[0]: row[1] for row in DEPARTMENTS}}
SHORT_IDS = {**{row[0]: row[0] for row in TOWNSHIPS}, **{row[0]: row[2] for row in DEPARTMENTS}}

TASK_GROUPS = [
    ("industry", "产业扶贫"), ("health", "健康扶贫"), ("finance", "金融扶贫"), ("compulsory-education", "义务教育保障"),
    ("relocation", "易地扶贫搬迁"), ("dangerous-housing", "危房改造"), ("employment", "就业扶贫"),
    ("fund-supervision", "扶贫资金监管"), ("social-security", "社会保障兜底"), ("whole-village", "整村推进"),
    ("village-stationing", "驻村帮扶"), ("conduct", "作风整治"), ("enterprises", "百企帮百村"),
]

# Id, name, programme above, task group. The plan lists use the first part only, subsidies and outside payments the
# second only, so that each of the report's sums stands on programmes of its own.
PROGRAMMES = [
    ("industry-awards", "产业奖补", None, "industry"),
    ("industry-bases", "特色产业基地", None, "industry"),
    ("collective-economy", "村集体经济", None, "enterprises"),
    ("rural-roads", "农村道路", None, "whole-village"),
    ("small-irrigation", "小型农田水利", None, "whole-village"),
    ("village-environment", "村庄人居环境", None, "village-stationing"),
    ("skills-training", "就业技能培训", None, "employment"),
    ("public-posts", "公益性岗位", None, "employment"),
    ("interest-support", "扶贫贷款贴息", None, "finance"),
    ("school-facilities", "薄弱学校改善", None, "compulsory-education"),
    ("village-clinics", "村卫生室建设", None, "health"),
    ("relocation-support", "易迁后续扶持", None, "relocation"),
    ("welfare-homes", "农村福利院", None, "social-security"),

    ("drinking-water", "饮水安全", None, None),
    ("education-aid", "教育资助", None, "compulsory-education"),
    ("education-aid-registered", "教育资助(建档立卡学生)", "education-aid", "compulsory-education"),
    ("education-aid-other", "教育资助(其他家庭经济困难学生)", "education-aid", "compulsory-education"),
    ("yulu", "雨露计划", None, "compulsory-education"),
    ("medical", "医疗报销", None, "health"),
    ("housing", "危房改造", None, "dangerous-housing"),
    ("relocation", "易地扶贫搬迁", None, "relocation"),
    ("subsistence-allowance", "低保", None, "social-security"),
    ("extreme-poverty-support", "五保", None, "social-security"),
    ("micro-credit", "扶贫小额信贷", None, "finance"),
]
PROGRAMME_NAMES = {row[0]: row[1] for row in PROGRAMMES}

CATEGORIES = [
    ("poverty-relief-funds", "财政扶贫资金", None),
    ("integrated-funds", "统筹整合资金", "poverty-relief-funds"),
    ("other-fiscal-funds", "其他财政资金", None),
    ("department-funds", "行业部门资金", "other-fiscal-funds"),
    ("livelihood-funds", "民生保障资金", "other-fiscal-funds"),
    ("social-funds", "社会资金", None),
    ("outside-funds", "其他机构支付的资金", None),
]

# Id, name, unit, scale, aggregation.
INDICATORS = [
    ("drinking-water-households", "解决安全饮水户数", "户", 0, "sum"),
    ("education-aid-person-times", "资助学生人次", "人次", 0, "sum"),
    ("yulu-person-times", "雨露计划资助人次", "人次", 0, "sum"),
    ("yulu-coverage", "雨露计划覆盖率", "%", 0, "last"),
    ("medical-person-times", "医疗报销人次", "人次", 0, "sum"),
    ("housing-households", "危房改造户数", "户", 0, "sum"),
    ("relocation-households", "搬迁户数", "户", 0, "last"),
    ("relocation-people", "搬迁人数", "人", 0, "last"),
    ("relocation-townships", "涉及乡镇数", "个", 0, "last"),
    ("relocation-villages", "涉及村数", "个", 0, "last"),
    ("relocation-demolished", "完成拆旧户数", "户", 0, "last"),
    ("relocation-restored-area", "复垦复绿面积", "亩", 4, "last"),
    ("relocation-restored-rate", "复垦复绿率", "%", 0, "last"),
    ("subsistence-allowance-people", "低保对象人数", "人", 0, "distinct"),
    ("extreme-poverty-people", "五保对象人数", "人", 0, "distinct"),
    ("micro-credit-households", "小额信贷户数", "户", 0, "sum"),
    ("road-length", "硬化道路里程", "公里", 2, "sum"),
    ("irrigated-area", "改善灌溉面积", "亩", 1, "sum"),
]

_NUMERALS = "一二三四五六七八九十"
BUILDERS = [f"builder-{i}" for i in range(1, 9)]
COOPERATIVES = [f"cooperative-{i}" for i in range(1, 9)]
SINGLE_PAYEES = [("training-school-1", "示例职业培训学校"), ("rural-bank-1", "示例农村商业银行"),
                 ("supplier-1", "示例农机物资有限公司")]


def numeral(i):
    return _NUMERALS[i - 1] if i <= 10 else "十" + _NUMERALS[i - 11]


def department_officer(organization):
    return f"d-{SHORT_IDS[organization]}-1"


def unit_officer(organization):
    return f"t-{organization}-1" if organization in dict(TOWNSHIPS) else department_officer(organization)


def approving_officer(organization):
    """A project is approved by another organization than its own."""
    own = organization == "poverty-relief-office"
    return department_officer("development-reform-bureau" if own else "poverty-relief-office")


def officers():
    """Id, organization, role of every officer beyond the two first administrators."""
    rows = [("inspector-1", "supervision", "inspector"), ("clerk-1", "finance-bureau", "finance_clerk"),
            ("reviewer-1", "finance-bureau", "finance_reviewer"), ("reviewer-2", "finance-bureau", "finance_reviewer"),
            ("treasury-1", "treasury", "treasury")]
    rows += [(department_officer(org), org, "department") for org, _, short in DEPARTMENTS if short]
    rows += [(unit_officer(org), org, "township") for org, _ in TOWNSHIPS]
    return rows


def credit_code(registrar_and_kind, number):
    """A code of GB 32100 that belongs to nobody: made-up body, good check characters."""
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    body = f"EX{number:06d}"
    values = [int(c, 36) for c in body]
    check = 11 - sum(value * weight for value, weight in zip(values, (3, 7, 9, 10, 5, 8, 4, 2))) % 11
    code = f"{registrar_and_kind}421081{body}" + {10: "X", 11: "0"}.get(check, str(check))
    total = sum(alphabet.index(c) * pow(3, i, 31) for i, c in enumerate(code))
    return code + alphabet[(31 - total % 31) % 31]


def _payees():
    rows = [(id_, f"示例建筑工程有限公司{numeral(i)}", "91") for i, id_ in enumerate(BUILDERS, 1)]
    rows += [(id_, f"示例种养专业合作社{numeral(i)}", "93") for i, id_ in enumerate(COOPERATIVES, 1)]
    rows += [(SINGLE_PAYEES[0][0], SINGLE_PAYEES[0][1], "52")]
    rows += [(id_, name, "91") for id_, name in SINGLE_PAYEES[1:]]
    rows += [(f"{org}-finance-office", f"{name}财政所(示例)", "12") for org, name in TOWNSHIPS]
    return rows


def add_organizations(book):
    date = day(2015, 7, 1)
    for org, name, _ in DEPARTMENTS:
        book.add("01-organizations.csv", "register_organization", date, id=org,
                 name=name if org == "treasury" else f"石首市{name}", parent="city", tier="department")
    for org, name in TOWNSHIPS:
        book.add("01-organizations.csv", "register_organization", date, id=org, name=name, parent="city",
                 tier="township")


def add_registry(book):
    date = day(2015, 7, 1)
    file = "02-registry.csv"
    for id_, name in TASK_GROUPS:
        book.add(file, "register_task_group", date, id=id_, name=name)
    for id_, name, parent, group in PROGRAMMES:
        book.add(file, "register_programme", date, id=id_, name=name, parent=parent, task_group=group)
    for id_, name, parent in CATEGORIES:
        book.add(file, "register_category", date, id=id_, name=name, parent=parent)
    for id_, name, unit, scale, aggregation in INDICATORS:
        book.add(file, "register_indicator", date, id=id_, name=name, unit=unit, scale=scale or None,
                 aggregation=aggregation)


def add_payees(book):
    for i, (id_, name, kind) in enumerate(_payees(), 1):
        # 15 digits: not the length of a card's, an id's or a telephone's number.
        book.add("03-payees.csv", "register_payee", day(2015, 9, 1), id=id_, name=name,
                 credit_code=credit_code(kind, i), bank="示例银行石首支行", account=f"8201000000{i:03d}07")
