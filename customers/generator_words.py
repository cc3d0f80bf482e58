"""Word lists of the firm generator: places, brands, trades, streets, people, banks.

Lives here: words only, written for this product. Not here: how firms are put together from them (`generator.py`).
"""

from typing import NamedTuple

words = str.split


class Place(NamedTuple):
    """A city as customers come from it: GB/T 2260 code, dialling code, digits of a local number, weight."""

    code: str
    area: str
    digits: int
    weight: int


PLACES = tuple(
    Place(code, area, int(digits), int(weight))
    for code, area, digits, weight in map(
        words,
        """
        110000 010 8 30|310000 021 8 34|440100 020 8 22|440300 0755 8 30|330100 0571 8 26|320500 0512 8 24|320100 025 8 18
        510100 028 8 20|420100 027 8 18|500000 023 8 18|120000 022 8 14|330200 0574 8 18|320200 0510 8 16|610100 029 8 14
        430100 0731 8 14|410100 0371 8 14|370200 0532 8 14|370100 0531 8 12|440600 0757 8 16|441900 0769 8 16|350200 0592 7 10
        350100 0591 8 9|350500 0595 8 9|340100 0551 8 12|210100 024 8 9|210200 0411 8 9|220100 0431 8 6|230100 0451 8 7
        130100 0311 8 8|140100 0351 7 6|150100 0471 7 4|360100 0791 8 7|450100 0771 7 6|460100 0898 8 4|520100 0851 8 5
        530100 0871 8 6|620100 0931 7 4|630100 0971 7 2|640100 0951 7 3|650100 0991 7 5|540100 0891 7 1|330300 0577 8 12
        330400 0573 8 9|330600 0575 8 10|330700 0579 8 11|331000 0576 8 9|320400 0519 8 10|320600 0513 8 10|321000 0514 8 6
        321100 0511 8 5|320300 0516 8 6|340200 0553 7 5|370600 0535 7 7|370700 0536 7 7|371300 0539 7 6|130200 0315 7 5
        130600 0312 7 5|410300 0379 8 5|420600 0710 7 4|420500 0717 7 4|430200 0731 8 3|440400 0756 7 6|442000 0760 8 7
        441300 0752 7 6|440700 0750 7 4|450200 0772 7 3|510700 0816 7 3|610300 0917 7 2|360700 0797 7 3|150200 0472 7 2
        """.strip()
        .replace("\n", "|")
        .split("|"),
    )
)

BRAND_FIRST = words(
    "恒 华 鑫 宏 瑞 德 盛 泰 嘉 博 天 海 金 万 新 远 东 信 诚 永 荣 国 创 智 云 星 凯 佳 明 立 浩 凌 锐 启 亿 同 联 众 合 聚 汇 优 卓 益 康 安 正 大 宇 腾 飞 "
    "顺 通 利 兴 旺 福 祥 锦 铭 铂 森 林 绿 蓝 清 润 泽 雅 美 尚 悦 景 鸿 鹏 龙 凤 麒 晨 旭 晟 昊 曜 精 巨 力 科 南 北 丰 裕 广 君 仁 义 富 贵 长 久 伟 建 "
    "思 慧 睿 毅 弘 振 奥 迈 澳 欧 亚 普 维 格 莱 贝 赛 艾 拓 展 捷 速 易 奇 时 代 恺 珑 璟 瀚 沃 融 骏 驰"
)
BRAND_SECOND = words(
    "源 达 诚 盛 丰 隆 辉 腾 宇 昌 康 润 和 业 胜 兴 邦 联 创 拓 航 峰 林 森 泽 海 洋 川 江 河 山 石 岩 鼎 铭 锋 钢 电 光 明 亮 星 辰 阳 晖 晨 翔 飞 鹏 龙 "
    "凯 瑞 祥 福 禄 益 利 富 裕 佳 美 雅 悦 欣 馨 莱 思 德 仁 义 礼 智 信 恒 远 通 顺 捷 达 拓 迈 途 程 科 维 特 斯 尔 克 力 能 动 基 尚 品 优 良 诺 轩 冠 "
    "成 立 建 宏 展 驰 汇 聚 众 合 博 卓 越 晟 昊 泓 沃 元 亨 贞"
)
# Names of well-known firms and of places must not turn up by chance.
NOT_BRANDS = frozenset(words(
    "万达 海信 华润 中信 德邦 荣盛 金龙 新华 华泰 国泰 国信 国安 安信 海通 海天 天安 永辉 永安 永和 瑞安 德信 恒安 恒瑞 泰康 泰安 永康 华联 国联 联通 "
    "美的 立信 海康 海尔 格力 长安 长江 长虹 长城 东方 东海 东风 东阳 华星 华能 国能 国电 国航 南航 东航 海航 大众 大洋 大海 大明 大庆 大同 大通 大悦 "
    "奥迪 奥德 丰田 本田 富士 富通 赛特 凯美 凯德 维信 通信 龙源 龙江 金山 金川 金融 金阳 清华 北辰 北方 南海 南洋 南山 正泰 明阳 阳光 新元 新兴 新希 "
    "旭辉 兴业 建业 伟星 科达 利欧 安能 安利 安康 安庆 安阳 福康 福特 林德 欧尚 欧莱 雅思 雅诗 贝尔 艾默 赛诺 博世 思科 普利 普洱 维维 格兰 亚信 亚美 "
    "云南 云海 天河 天津 天山 天龙 星海 众泰 江淮 江铃 吉利 比亚 永川 合川 合江 合众 同济 同仁 同方 同德 同江 兴化 祥云 景德 晨光 晨鸣 清江 清远 信阳 "
    "兴山 贵阳 富阳 富源 富力 安源 泰兴 瑞昌 瑞金 德兴 德阳 龙川 龙海 龙岩 海林 海阳 海洋 东源 东江 东山 东明 明光 康定 康佳 佳能 利川 丰润 丰林 建德 "
    "建阳 长兴 长乐 荣成 新泰 新建 新河 新林 金星 金德 金龙 南川 南江 南阳 南康 南通 北海 北川 大丰 大兴 大江 大石 广信 广德 广汇 广电 广通 森林 时代"
))  # fmt: skip
BRANDS_OF_THREE = words(
    "瑞思达 博锐特 凯莱尔 诺维康 科瑞恩 奥普森 德莱美 赛维诺 艾思瑞 维特朗 迈拓斯 格瑞克 普瑞泰 欧派森 金麦穗 绿源丰 云之帆 星海湾 启明心 天元鼎 九鼎源 百川汇 三江源丰 千禧龙 "
    "一品轩 七彩云 双喜源 四季青禾 五谷丰华 六和堂 八方通 十里香 万里程 东篱下 南山月 西江雪 北辰星 小山竹 大田园 老茶树 新里程 好时年 春之晓 夏禾 秋实源 冬青树 禾木家 "
    "青瓦台 白云间 红枫叶 蓝海纳 紫荆源 金石开 银杏林 铜雀春 铁犁铧 木棉红 水云涧 火凤凰 土豆田 山水间 风帆顺 雨花石 雷鸣达 雪松岭 日新月 月满楼 星河湾畔 云岭山"
)


class Trade(NamedTuple):
    """What a firm does: the words in its name, the short form, English, GB/T 4754 division, size, usual category."""

    words: str
    short: str
    english: str
    industry: str
    size: int  # 1 small … 4 large
    category: str


KEY, COMMON, CHANNEL, PUBLIC, END, ONLINE, ABROAD = (
    "重点客户", "普通客户", "渠道客户", "政府事业", "终端客户", "电商客户", "海外客户",
)  # fmt: skip
_CATEGORIES = {"K": KEY, "C": COMMON, "Q": CHANNEL, "E": END, "O": ONLINE}

TRADES = tuple(
    Trade(name, short, english.replace("_", " "), industry, int(size), _CATEGORIES[category])
    for name, short, english, industry, size, category in map(
        words,
        """
        机械制造 机械 Machinery 34 3 C|精密机械 机械 Precision_Machinery 34 3 C|机械设备 机械 Machinery_Equipment 34 2 C
        重型机械 重机 Heavy_Machinery 35 4 K|机电设备 机电 Electromechanical_Equipment 34 2 Q|自动化设备 自动化 Automation 35 3 C
        自动化科技 自动化 Automation_Technology 35 3 C|智能装备 智装 Intelligent_Equipment 35 3 K|模具 模具 Mould 35 2 C
        数控机床 机床 CNC_Machine_Tools 34 3 C|液压技术 液压 Hydraulics 34 2 C|轴承 轴承 Bearing 34 2 C|阀门 阀门 Valve 34 2 C
        泵业 泵业 Pump 34 2 C|工具 工具 Tools 33 2 Q|五金制品 五金 Hardware 33 1 Q|金属制品 金属 Metal_Products 33 2 C
        钢结构工程 钢构 Steel_Structure 33 3 C|紧固件 紧固件 Fastener 33 1 C|电子科技 电子 Electronics 39 3 C
        电子 电子 Electronics 39 2 C|光电科技 光电 Optoelectronics 39 3 C|半导体科技 半导体 Semiconductor 39 4 K
        通信技术 通信 Communication 39 3 K|仪器仪表 仪表 Instruments 40 2 C|测控技术 测控 Measurement_and_Control 40 2 C
        电气 电气 Electric 38 3 C|电器 电器 Electrical_Appliances 38 3 Q|电缆 电缆 Cable 38 3 C|照明科技 照明 Lighting 38 2 Q
        新能源科技 新能源 New_Energy 38 4 K|汽车零部件 汽配 Auto_Parts 36 3 K|汽车配件 汽配 Auto_Parts 36 2 C
        塑料制品 塑料 Plastics 29 2 C|橡塑 橡塑 Rubber_and_Plastics 29 2 C|包装材料 包装 Packaging 22 2 C
        纸业 纸业 Paper 22 2 C|彩印包装 彩印 Printing_and_Packaging 23 2 C|印务 印务 Printing 23 1 E|纺织 纺织 Textile 17 3 C
        服饰 服饰 Garment 18 2 Q|针织 针织 Knitting 17 2 C|鞋业 鞋业 Footwear 19 2 Q|家具 家具 Furniture 21 2 Q
        木业 木业 Wood 20 2 C|食品 食品 Food 14 3 Q|调味食品 食品 Seasoning 14 2 Q|粮油 粮油 Grain_and_Oil 13 2 Q
        酒业 酒业 Liquor 15 3 Q|茶业 茶业 Tea 15 1 Q|饮品 饮品 Beverage 15 2 Q|化工 化工 Chemical 26 3 C
        新材料科技 新材料 New_Materials 26 3 K|涂料 涂料 Coating 26 2 Q|生物科技 生物 Biotechnology 27 3 K
        药业 药业 Pharmaceutical 27 4 K|医疗器械 医械 Medical_Devices 35 3 K|建材 建材 Building_Materials 30 2 Q
        陶瓷 陶瓷 Ceramics 30 2 Q|玻璃 玻璃 Glass 30 2 C|混凝土 混凝土 Concrete 30 2 E|矿业 矿业 Mining 08 3 C
        建设工程 建设 Construction 48 4 K|建筑工程 建筑 Building 47 3 E|市政工程 市政 Municipal_Engineering 48 3 E
        建筑装饰工程 装饰 Decoration 50 2 E|机电安装工程 机电 Installation 49 2 E|园林绿化工程 园林 Landscaping 48 2 E
        消防工程 消防 Fire_Protection 49 2 E|电力工程 电力 Power_Engineering 49 3 K|商贸 商贸 Trading 51 1 Q|贸易 贸易 Trading 51 2 Q
        进出口 进出口 Import_and_Export 51 2 Q|实业 实业 Industrial 51 3 C|物资 物资 Materials 51 2 Q|电子商务 电商 E-Commerce 52 1 O
        百货 百货 Department_Store 52 2 E|超市 超市 Supermarket 52 2 E|大药房连锁 药房 Pharmacy 52 3 E
        汽车销售服务 汽车 Auto_Sales 52 3 E|供应链管理 供应链 Supply_Chain 72 3 Q|物流 物流 Logistics 54 2 E
        国际货运代理 货代 Freight_Forwarding 58 2 E|仓储服务 仓储 Warehousing 59 1 E|冷链物流 冷链 Cold_Chain 59 2 E
        酒店管理 酒店 Hotel_Management 61 2 E|餐饮管理 餐饮 Catering 62 1 E|信息技术 信息 Information_Technology 65 3 C
        软件 软件 Software 65 3 K|网络科技 网络 Network_Technology 64 2 O|数据科技 数据 Data_Technology 65 3 C
        智能科技 智能 Intelligent_Technology 65 2 C|房地产开发 地产 Real_Estate 70 4 K|物业管理 物业 Property_Management 70 2 E
        设备租赁 租赁 Leasing 71 2 E|企业管理咨询 咨询 Consulting 72 1 C|人力资源 人力 Human_Resources 72 1 E
        广告 广告 Advertising 72 1 E|会展服务 会展 Exhibition 72 1 E|检测技术 检测 Testing 74 2 C|工程设计 设计 Design 74 2 C
        测绘 测绘 Surveying 74 2 C|环保科技 环保 Environmental 77 2 C|水务 水务 Water 46 3 K|热力 热力 Heating 44 3 K
        燃气 燃气 Gas 45 3 K|教育科技 教育 Education 83 1 E|文化传媒 传媒 Media 87 1 E|影视制作 影视 Film 87 1 E
        体育发展 体育 Sports 89 1 E|健康管理 健康 Health_Management 84 1 E|农业科技 农业 Agriculture 01 2 Q
        种业 种业 Seed 01 2 Q|牧业 牧业 Livestock 03 2 C|水产 水产 Aquatic_Products 04 1 Q|饲料 饲料 Feed 13 2 Q
        """.strip()
        .replace("\n", "|")
        .split("|"),
    )
)

SOLE_TRADES = tuple(
    tuple(words(line))
    for line in [
        "五金 经营部 52",
        "建材 经营部 52",
        "水暖器材 经营部 52",
        "电器 商行 52",
        "粮油 商行 52",
        "副食品 商行 52",
        "茶叶 商行 52",
        "水果 批发部 51",
        "服装 店 52",
        "鞋帽 店 52",
        "便利 店 52",
        "花卉 店 52",
        "文具 店 52",
        "家常菜 馆 62",
        "小吃 店 62",
        "烘焙 坊 62",
        "汽车维修 中心 81",
        "汽车美容 店 81",
        "家电维修 部 81",
        "广告设计 工作室 72",
        "图文 工作室 72",
        "摄影 工作室 80",
        "家具 加工厂 21",
        "塑料制品 加工厂 29",
        "机械配件 加工厂 34",
        "服装 加工厂 18",
        "美容美发 店 80",
        "家政 服务部 80",
        "货运 服务部 54",
        "装饰 工程部 50",
    ]
)

# Name, first two digits of the code, division; {city} is filled in as 杭州市, {district} as 杭州市西湖区.
PUBLIC_BODIES = tuple(
    tuple(words(line))
    for line in [
        "{city}第一人民医院 12 84",
        "{city}第二人民医院 12 84",
        "{city}中医院 12 84",
        "{city}妇幼保健院 12 84",
        "{district}人民医院 12 84",
        "{district}中心医院 12 84",
        "{city}第一中学 12 83",
        "{city}实验小学 12 83",
        "{district}实验中学 12 83",
        "{city}职业技术学院 12 83",
        "{city}图书馆 12 88",
        "{city}博物馆 12 88",
        "{district}文化馆 12 88",
        "{city}公路管理中心 12 78",
        "{city}市场监督管理局 11 92",
        "{district}财政局 11 92",
        "{district}教育局 11 92",
        "{city}水务局 11 92",
        "{city}住房和城乡建设局 11 92",
        "{district}人民政府办公室 11 92",
        "{city}疾病预防控制中心 12 84",
        "{city}环境监测中心站 12 74",
        "{district}机关事务管理局 11 92",
        "{city}公共资源交易中心 12 72",
    ]
)

COOPERATIVES = words(
    "蔬菜种植 果蔬种植 水稻种植 苗木 生猪养殖 肉牛养殖 山羊养殖 水产养殖 茶叶 食用菌 中药材种植 柑橘 葡萄 农机 花卉"
)

ROADS = words(
    "人民路 解放路 中山路 建设路 文化路 学院路 科技路 创新大道 工业大道 迎宾大道 滨江路 滨河路 新华路 和平路 胜利路 光明路 朝阳路 东风路 长江路 黄河路 北京路 南京路 "
    "幸福路 友谊路 团结路 健康路 振兴路 发展大道 开发大道 金融街 商务街 府前街 青年路 劳动路 五一路 八一路 环城东路 环城南路 环城西路 环城北路 站前路 港口路 机场路 "
    "兴业路 兴工路 富民路 康乐路 湖滨路 湖东路 江南大道 江北大道 凤凰路 龙泉路 梅园路 桂花路 紫荆路 香樟路 梧桐路 银杏路 翠竹路 芙蓉路 玉兰路 望江路 观山路"
)
PARKS = words(
    "科技园 软件园 创业园 产业园 工业园 电子商务园 智慧谷 创新中心 商务中心 国际广场 财富中心 时代大厦 金融大厦 世纪广场 新天地 总部基地 物流园 五金城 建材市场 小商品城 农贸市场"
)

SURNAMES = words(
    "王 李 张 刘 陈 杨 黄 赵 吴 周 徐 孙 马 朱 胡 郭 何 林 高 罗 郑 梁 谢 宋 唐 许 邓 韩 冯 曹 彭 曾 肖 田 董 潘 袁 蔡 蒋 余 于 杜 叶 程 魏 苏 吕 丁 任 卢 "
    "姚 沈 钟 姜 崔 谭 陆 范 汪 廖 石 金 韦 贾 夏 付 方 邹 熊 白 孟 秦 邱 侯 江 尹 薛 闫 段 雷 龙 黎 史 陶 贺 毛 郝 顾 龚 邵 万 覃 武 钱 戴 严 莫 孔 向 常"
)
GIVEN = words(
    "伟 强 磊 军 洋 勇 杰 涛 超 明 刚 平 辉 鹏 华 飞 鑫 波 斌 宇 浩 凯 健 俊 帆 亮 峰 建国 建华 建军 志强 志刚 志明 国强 国华 文杰 文博 海涛 海波 晓东 晓峰 子轩 "
    "浩然 宇航 俊杰 家豪 天宇 明哲 嘉伟 永强 振华 卫东 立新 春生 金龙 芳 娜 敏 静 丽 艳 娟 霞 秀英 玲 燕 红 丹 萍 玉兰 桂英 雪梅 婷婷 佳怡 欣怡 雨桐 思雨 梦琪 "
    "晓燕 晓丽 海燕 春梅 丽华 丽娟 慧敏 美玲 淑珍 雅琴 秀兰 文静 诗涵 若曦 可欣 一鸣 思远 泽宇 晨曦 乐怡 书瑶 明月"
)


class Bank(NamedTuple):
    """A bank, the first digits of its cards and their length, the length of its company accounts."""

    name: str
    card: str
    card_length: int
    account_length: int
    weight: int


BANKS = tuple(
    Bank(name, card, int(card_length), int(account_length), int(weight))
    for name, card, card_length, account_length, weight in map(
        words,
        [
            "中国工商银行 622202 19 19 24",
            "中国农业银行 622848 19 17 18",
            "中国银行 621661 19 12 16",
            "中国建设银行 621700 19 20 22",
            "交通银行 622262 19 21 8",
            "招商银行 621486 16 15 9",
            "中国邮政储蓄银行 621799 19 18 6",
            "上海浦东发展银行 622518 16 20 5",
            "兴业银行 622909 18 18 4",
            "中国民生银行 622622 16 9 4",
            "中信银行 621768 16 19 4",
            "平安银行 622155 16 14 3",
            "中国光大银行 622660 16 17 3",
        ],
    )
)

MOBILE_STARTS = words(
    "130 131 132 133 134 135 136 137 138 139 150 151 152 153 155 156 157 158 159 166 173 175 176 177 178 180 181 182 183 185 186 187 188 "
    "189 191 193 198 199"
)
MAILBOXES = words("sales info office market service contact finance purchase hr admin order export")

REMARKS = (
    "每月 25 日对账，次月 10 日前付款。", "开票需附收货单复印件。", "送货前一天电话联系。", "老客户介绍，价格按合同。", "仓库周日不收货。",
    "采购由总经理审批。", "要求带检测报告发货。", "年度框架合同，按季度结算。", "样品已确认，等待批量订单。", "财务联系人与采购联系人不同，开票前确认。",
    "发票寄到办公地址。", "去年十月起合作。", "对交货期要求高。", "需要提供原厂授权书。", "曾有一次延期付款，已结清。",
)  # fmt: skip

# Stem, legal form, telephone (# stands for a digit; where a country keeps numbers for fiction, one of those), city, street.
OVERSEAS = tuple(
    tuple(line.split("/"))
    for line in [
        "Nordhaven/GmbH/+49403######/Hamburg/Speicherstrasse",
        "Alder & Finch/Ltd/+4420794600##/London/Cannon Street",
        "Sakura Seimitsu/K.K./+81522######/Nagoya/Sakae",
        "Hanbit Electronics/Co., Ltd./+8225######/Seoul/Teheran-ro",
        "Merlion Supply/Pte. Ltd./+6563######/Singapore/Ubi Avenue",
        "Lakeside Tooling/Inc./+1312555####/Chicago/Lake Street",
        "Pacific Crest Imports/LLC/+1206555####/Seattle/Pine Street",
        "Meer Techniek/B.V./+31104######/Rotterdam/Maasboulevard",
        "Thanh Binh/Co., Ltd./+842838######/Ho Chi Minh City/Le Loi",
        "Siam Rungrot/Co., Ltd./+6626######/Bangkok/Rama IV Road",
        "Outback Machinery/Pty Ltd/+6129#######/Sydney/George Street",
        "Deccan Polymers/Pvt. Ltd./+91222#######/Mumbai/Linking Road",
    ]
)
