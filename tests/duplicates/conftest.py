"""Records and sets for the matcher's tests."""

import pytest
from hypothesis import settings

from customers.duplicates.profiles import Record

settings.register_profile(
    "duplicates", parent=settings.get_profile(settings.get_current_profile_name()), deadline=None, database=None
)
settings.load_profile("duplicates")

FIRM = {
    "name": "杭州恒源机械有限公司",
    "uscc": "91330100799655058B",
    "phone": "0571-88886666",
    "mobile": "13700001234",
    "email": "sales@hengyuan.cn",
    "contact": "王芳",
    "province": "浙江省",
    "city": "杭州市",
    "address": "西湖区文三路12号3幢",
}


@pytest.fixture
def firm() -> dict:
    return dict(FIRM)


@pytest.fixture
def record():
    """A record of a name and some values: record("恒源", phone="…")."""

    def make(name: str, **values) -> Record:
        for one, many in (("phone", "phones"), ("email", "emails"), ("contact", "contacts"), ("bank", "banks")):
            if one in values:
                values[many] = [values.pop(one)]
        return Record(name, **values)

    return make
