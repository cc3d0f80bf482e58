"""Characters that sound alike and characters that look alike, as classes.

What lives here: the two tables by code point, and strings folded by sound. What does not: pinyin as text (``customers.rules.pinyin``).
Sound: toneless, one usual reading a character. Look: hand-made groups of what is mistyped or misread for one another.
"""

import json
from functools import cache
from pathlib import Path

import numpy as np

import customers.rules.pinyin as pinyin

_LOOK_ALIKE = (
    "己已巳 未末 士土工干千于 日曰目 大太犬天夭夫 人入八 刀力刁 王玉主五 田由甲申电 木本术 午牛 元无 贝见 乌鸟马 小少 几九丸 万方 厂广 今令 问间闲 兔免 失矢 风凤 "
    "戊戌戍成 折拆 析柝 侯候 戈弋 析折 晴睛 哀衷衰 拔拨 辨辩瓣辫 即既 历厉 住佳往 堆推 泊沮洎 汨汩 冶治 冰水永 沐沭 洒酒 券卷 师帅 卢户庐 亨享 育盲 毫豪 壶壸 "
    "货贷 货贸 贺贸 衣农 华毕 桦梓 品晶 鑫淼 设没 很银 跟根 限很 公么 司同 问同 园圆团因国困围 因困 西酉洒 两雨 雷雪 云去 会全合 金全 企仓仑 亚业 亚严 业叶 并开井 井并 "
    "东车 车牛 东乐 乐东 兰三 三二 二工 州川 川三 市币布 布市 市巾 有友 右石古 石右 占古 吉古 吉志 志忘 忠患 忠志 息思恩 思恩 恒恨 桓恒 洹恒 源原 泉帛 家冢 宏宠 安宴 宁守 字宇学 宇字 实买 "
    "卖买 头买 美姜 羊半 兰羊 祥详样 群郡 君群 徽微薇 微徽 德徳 得德 得碍 待侍 持待 诗持 时吋 讨时 肘村 林材 村材 森林 材村 杜社 社杜 柱桂 桂挂 佳桂 住佳 圭佳 徐除 余佘 佘余 "
    "俞喻 瑜渝愉榆 输愉 瑞端 端瑞 湍端 喘瑞 鸿鸽 鸿鹄 鸣鸡 鸡鸣 鹏鹤 朋明 明朋 朗郎 郎朗 即郎 良艮 银很 根银 振震 辰展 晨震 晟盛 成咸 咸威 威戚 城诚 诚城 丞函 亟函 函涵 "
    "陆陈 陈际 阵陈 阳阴 阴阳 限艰 隆降 陵陸 院阮 除徐 随隋 堕随 兴光 光尖 先光 洗先 冼洗 尧晓 晓烧 浇烧 绕饶 饶绕 挠绕 新亲 亲新 斤斥 近进 进近 迈近 返近 远运 运远 连速 达迈 达远 通道 道遁 适造 "
    "造适 建健 健建 健键 键健 律津 津律 洋详 海每 梅海 侮海 清情请 请清 情晴 精睛 青责 责贵 贵责 员贵 贾贯 贡贺 购构 构购 沟构 钩构 钧均 均钧 钓钧 铁铗 钦铁 饮饭 饭饮 馆饰 饰饭 "
    "铜钢 钢铜 锅铜 铭铬 锋峰 峰锋 蜂峰 逢峰 锦绵棉 绵锦 棉绵 帛绵 镇填 真填 慎填 直真 具真 其具 期斯 斯期 欺期 旗族 族旗 施旅 旅旋 旋施 於旅 "
    "科料 料科 杆科 种秤 和知 利和 知和 秋和 称你 程铝 积织 织积 职织 识织 纸低 低底 抵低 纹纺 纺纹 纳讷 绢绡 纬绵 绿缘 缘绿 录绿 级极 极级 吸级 "
    "材村 松板 板松 版板 饭板 枫风 枢板 框柜 柜框 机杭 杭机 抗杭 航杭 杨扬 扬杨 汤扬 场扬 肠场 伤扬 栋拣 练拣 炼练 标杯 杯标 格洛 洛络 络洛 路洛 桥娇 娇桥 轿桥 楼搂 搂楼 "
    "江汪 汪江 汉没 汊汉 泛汉 沃妖 法洁 洁法 洪供 供洪 拱洪 共供 泰秦 秦泰 奉泰 春泰 泰春 奏秦 润涧 闰润 间润 浩洁 活话 话活 浴俗 湖胡 胡湖 潮湖 湘相 相湘 想相 "
    "滨宾 宾滨 滨演 演滨 满瞒 漫慢 漫馒 澳奥 奥澳 粤奥 渔鱼 鱼渔 鲁鱼 鲜鱼 深探 探深 渗深 凉谅 谅凉 冷泠 冻练 凯剀 凡凤 "
    "医匹 匠匡 匡匠 区医 巨臣 臣巨 拒矩 炬拒 印卬 却郤 都部 部都 陪部 倍培 培倍 赔陪 郡群 邮油 油邮 抽油 邦帮 帮邦 绑帮 那邦 邱邸 丘兵 兵丘 岳兵 "
    "食良 良食 娘狼 浪狼 饺较 校较 交文 文交 方万 放效 效放 教效 敬警 数教 故敌 敌故 "
    "服报 报服 股般 般股 船般 航般 肤肽 胜性 姓性 性胜 腾滕 膳腾 脉脓 能熊 熊能 罴熊 态熊 "
    "艺芝 芝艺 花华 芬芳 芳芬 苗苗 苹萍 萍苹 平萍 草早 早草 荣菜 菜荣 莱菜 营菅 管营 菅管 官宫 宫官 宜宣 宣宜 宝玉 蓝监 监蓝 盐监 盘盆 盛盆 益盖 盖益 薪新 蒙家 豪家 象家 蕾雷 "
    "言信 信言 位信 倍信 停仃 亭停 亨亭 享亨 仁化 化仁 任住 住任 仪伩 优忧 忧优 尤优 伟伪 炜伟 玮伟 韦伟 伦沦 论伦 轮伦 仑伦 俊峻骏 骏俊 竣俊 佰伯 伯拍 百白 白百 自白 目自 "
    "具贝 贝见 现规 观现 视规 规视 珍诊 诊珍 珠株 株珠 琳淋 琪棋 棋琪 祺琪 璐路 瑶摇 摇瑶 遥瑶 理埋 埋理 里理 埠理 环坏 坏环 怀环 还环 珂坷 "
    "厦夏 夏复 复夏 厘里 厚厨 厨厚 压庄 庄压 应庄 床庆 庆床 庆厌 广庆 康庚 庚康 唐庚 店占 府俯 座庄 廉康 "
    "彤丹 丹舟 舟丹 册丹 彩采 采彩 彬杉 影景 景影 彭膨 形刑 型刑 列烈 烈列 例列 创刨 利刊 刷剧 制刷 剑创 "
    "办为 为办 协办 功切 切功 劲颈 务劳 劳务 荣劳 勃勒 勤勒 勒勤 "
    "巧功 攻巧 红江 纤红 经径 径经 轻经 劲经 结洁 给结 统绕 绣锈 继断 维唯 唯维 淮准 准淮 谁准 难准 "
    "龙尤 尤龙 龙友 优龙 庞龙 宠龙 袭龙 垄龙 珑龙 友反 反友 返反 发友 拨发 "
    "联职 耿联 耀跃 跃耀 曜耀 辉挥 挥辉 晖辉 浑挥 军车 晕军 运军 阀阔 阔阀 闽闸 闸闽 闻间 阁阅 "
    "特持 牧特 物扬 牡杜 牲性 告吉 吿告 造告 "
    "旺汪 枉旺 昌冒 冒昌 昆昌 易昂 昂易 星里 春看 显昱 智暂 普晋 晋普 "
    "矿旷 旷矿 砂沙 沙砂 砖传 传砖 转传 专传 研砂 硕顾 顾硕 项顶 顶项 顺须 须顺 预顺 颂颁 "
    "立产 产立 生产 主生 户尸 尺户 尼户 房户 启房 "
    "丰手 手丰 毛手 丰羊 年午 牟年 车年 长卡 张账 账张 帐张 涨张 "
    "氏民 民氏 民眠 气乞 汽气 氧气 氢氧 "
    "爱受 受爱 爰爱 采爱 妥受 "
    "子予 予子 了子 孑子 孙孔 孔孙 孟盂 存在 在存 李季 季李 学李 孝学 孝老 考老 老考 者老 "
    "心必 必心 志心 戎戒 我找 找我 戏找 "
    "女如 奶妈 好如 如好 姗珊 珊栅 妮泥 娜哪 婷停 嘉喜 喜嘉 善喜 "
    "鼎晶 昌晶 晶品 口品 吕品 呂吕 串吕 中申 虫中 史吏 吏史 更吏 "
    "羽习 翔祥 翅翔 翼冀 冀翼 "
    "诺若 若苦 苦若 苔若 惹若 "
    "谊宜 宜谊 译泽 泽译 择泽 铎泽 释泽 "
    "轩斩 斩轩 轨轩 软轩 迅讯 讯迅 汛迅 "
)


@cache
def sound_classes() -> np.ndarray:
    """Code point (below 65536) → class, uint16; characters of one reading share one, what has no reading is its own class."""
    table = np.arange(65536, dtype=np.uint16)
    data = json.loads(Path(pinyin.__file__).with_name("data").joinpath("pinyin.json").read_text("utf-8"))
    # Syllables take the classes of the private use area, which no folded name holds.
    for number, characters in enumerate(data["characters"].values()):
        points = [point for point in map(ord, characters) if point < 65536]
        table[points] = 0xE000 + number
    return table


@cache
def look_alikes() -> np.ndarray:
    """Sorted uint32 codes (smaller point << 16 | larger point) of two characters that look alike."""
    pairs = set()
    for group in _LOOK_ALIKE.split():
        for a in group:
            pairs.update(min(ord(a), ord(b)) << 16 | max(ord(a), ord(b)) for b in group if a != b)
    return np.array(sorted(pairs), dtype=np.uint32)


def look_alike(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Whether code points look alike, elementwise."""
    pairs = look_alikes()
    code = np.minimum(a, b).astype(np.uint32) << 16 | np.maximum(a, b).astype(np.uint32)
    place = np.minimum(np.searchsorted(pairs, code), len(pairs) - 1)
    return pairs[place] == code


def sound_of(points: np.ndarray) -> np.ndarray:
    """uint16 code points folded by sound, any shape."""
    return sound_classes()[points]
