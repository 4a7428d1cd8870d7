"""The words that names of people, majors, schools and banks are put together from."""

from __future__ import annotations

from textwrap import wrap
from typing import NamedTuple

SURNAMES = (
    "林林林林林林林林陈陈陈陈陈陈陈陈黄黄黄黄黄张张张张吴吴吴李李李王王王郑郑郑刘刘杨杨蔡蔡许许叶叶"
    "苏苏谢谢郭郭周周曾曾洪邱余江廖赖翁方何赵徐罗游潘卢魏庄柯施颜卓詹池范梁高朱曹钟蓝雷傅涂阮欧汤"
)  # as common as they are there: 林 and 陈 in every class
MEN = "伟强磊杰涛斌浩宇轩辰铭泽楠航凯鹏博文俊鑫龙飞翔晖钦炜炎彬煌烨昕毅恒峰锋坤栋灿锦榕闽海山川"
WOMEN = "婷娜燕雅静雪梅琳璐瑶欣怡佳颖慧敏丽芳萍芸莹洁倩蓉妍馨萱诗语涵钰珊琪菲岚晴莉榕兰桂秋春霞月"
MIDDLE = "志建国文明家俊晓小雅思子宇嘉承宏锦永福荣泽诗雨梓一可心若宜华金玉美少立伟景德世仁毅昌"
FAR_NAMES = ("阿依古丽·买买提", "热依汗·吐尔逊", "迪丽努尔·艾山", "巴哈提·努尔兰", "扎西·旺堆")
RARE_GIVEN = "䶮"
"""A real character of names that GBK, and so most bank files, cannot hold."""

RETIRED_AREAS = (
    "350182", "350402", "350403", "350427", "350625", "350681", "350784", "350822",
)  # fmt: skip
"""Area codes in force when today's students were born, and gone since."""

STAFF = tuple(wrap(
    "林雅琴陈志明黄文斌张丽华吴建平李慧敏王少锋郑美珍刘国栋杨晓岚蔡永福许静雯叶承志苏玉兰"
    "谢宏伟郭淑芬周子昂曾秀英洪家骏邱月娥余景明江若兰廖世荣赖春霞翁立新方怡君何德昌赵心怡"
    "徐明辉罗桂香游振东潘诗雨卢仁杰魏秋萍庄启航柯美玲施伟民颜佳慧卓文海詹丽娟池建华范雪梅"
    "梁志强高晓燕朱永康曹敏洁钟福生蓝雅芳雷俊杰傅玉珍涂海峰阮思颖欧国平汤静怡沈家豪纪淑贞"
    "康文彬温晓玲程立群姚梓涵", 3))  # fmt: skip


class Major(NamedTuple):
    """A major: its code in the catalogue, its name, and what classes call it."""

    code: str
    name: str
    short: str


MAJORS = (
    Major("610102", "作物生产技术", "农艺"), Major("610201", "园林技术", "园林"),
    Major("610301", "畜禽生产技术", "牧医"), Major("610402", "海水养殖", "水产"),
    Major("660103", "数控技术应用", "数控"), Major("660301", "机电技术应用", "机电"),
    Major("640301", "建筑工程施工", "建筑"), Major("700206", "汽车运用与维修", "汽修"),
    Major("710201", "计算机应用", "计算机"), Major("710103", "电子技术应用", "电子"),
    Major("720201", "护理", "护理"), Major("730301", "会计事务", "会计"),
    Major("730701", "电子商务", "电商"), Major("740201", "中餐烹饪", "烹饪"),
    Major("740101", "旅游服务与管理", "旅游"), Major("770101", "幼儿保育", "幼保"),
)  # fmt: skip


class Bank(NamedTuple):
    """A bank that issues cards: BIN, length of the whole number, bank number without its check."""

    name: str
    bin: str
    length: int
    cnaps: str


BANKS = (
    Bank("中国建设银行", "621284", 19, "10539100001"),
    Bank("中国邮政储蓄银行", "621285", 19, "40339100002"),
    Bank("中国农业银行", "621282", 19, "10339100003"),
    Bank("中国工商银行", "621281", 18, "10239100004"),
    Bank("福建海峡银行", "622388", 16, "31339108000"),
    Bank("福建海峡银行", "623063", 18, "31339108000"),
    Bank("福建省农村信用社", "622184", 17, "40239100005"),
)
BANK_SHARES = (0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 3, 4, 4, 5, 6)
"""Which bank a card is from, drawn evenly from this row: most aid cards are the first bank's."""

STEMS = tuple(wrap(
    "旗山榕江玉融鹭江海坛鳌峰清源紫云凤凰龙津武夷白岩青芝石竹虎丘罗星双溪金鸡鼓岭"
    "狮岩灵源九侯冠豸太姥白水兰溪云谷梅溪沙溪建溪汀江晋江木兰霍童洛阳同安天宝云洞", 2))  # fmt: skip
KINDS = ("职业中专学校", "职业技术学校", "中等职业学校", "工业学校", "商贸学校", "农业职业学校")
