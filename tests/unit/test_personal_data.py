from hypothesis import given
from hypothesis import strategies as st

from bot.personal_data import mask_personal_data


def test_id_numbers_mobiles_cards_and_addresses_are_masked():
    masked = mask_personal_data("我是A123456789，電話0912-345-678，卡號4111 1111 1111 1111，信箱a.b@example.com")
    assert masked == "我是[ID]，電話[phone]，卡號[card]，信箱[e-mail]"


def test_public_numbers_stay_readable():
    assert mask_personal_data("1999、07-3352999、0800-828-928") == "1999、07-3352999、0800-828-928"


@given(st.from_regex(r"09\d{8}", fullmatch=True), st.text(alphabet="甲乙 ，", max_size=5))
def test_no_mobile_number_survives(number, around):
    assert number not in mask_personal_data(f"{around}{number}{around}")
