import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.personal_data import mask_personal_data


def test_id_numbers_mobiles_cards_and_addresses_are_masked():
    masked = mask_personal_data("我是A123456789，電話0912-345-678，卡號4111 1111 1111 1111，信箱a.b@example.com")
    assert masked == "我是[ID]，電話[phone]，卡號[card]，信箱[e-mail]"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Ａ１２３４５６７８９", "[ID]"),
        ("a 123 456 789", "[ID]"),
        ("AC12345678", "[ID]"),
        ("０９１２３４５６７８", "[phone]"),
        ("(0912)345.678", "[phone]"),
        ("+886 912 345 678", "[phone]"),
        ("0912-34-56-78", "[phone]"),
        ("(07)335-2999", "[phone]"),
        ("07 123 4567", "[phone]"),
        ("4111.1111.1111.1111", "[card]"),
        ("4111 1111 1111 1111 123", "[card] 123"),
        ("4111111111111111 12/25", "[card] 12/25"),
        ("12 4111111111111111", "12 [card]"),
        ("IDA123456789", "ID[ID]"),
        ("09-1234-5678", "[phone]"),
        ("0 9 1 2 3 4 5 6 7 8", "[phone]"),
        ("00886912345678", "[phone]"),
        ("0912\u200b345678", "[phone]"),
        ("0912,345,678", "[phone]"),
        ("+81 90-1234-5678", "[phone]"),
        ("零九一二三四五六七八", "[phone]"),
        ("0912 - 345 - 678", "[phone]"),
        ("〇九一二、三四五、六七八", "[phone]"),
        ("〇七三三六八三三三", "[phone]"),
        ("護照號碼312345678", "護照號碼[ID]"),
        ("passport No. A12345678", "passport No. [ID]"),
        ("wang＠example。com", "[e-mail]"),
        ("wang (at) example [dot] com", "[e-mail]"),
    ],
)
def test_a_number_is_masked_however_it_is_written(said, kept):
    assert mask_personal_data(f"我的是{said}，謝謝") == f"我的是{kept}，謝謝"


@pytest.mark.parametrize(
    "said",
    [
        "1999",
        "0800-828-928",
        "2026-11-24",
        "09:00-17:00",
        "2026/09/30 2026/10/15",
        "09-30 2026-11-02",
        "XYZA123456780",
        "10,000元",
        "７月１日",
    ],
)
def test_dates_amounts_and_service_numbers_stay_readable(said):
    assert mask_personal_data(said) == said


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("我的帳號822-123456789012可以退費嗎", "我的帳號[number]可以退費嗎"),
        ("健保卡號000012345678遺失了", "健保卡號[number]遺失了"),
        ("我生日是1980/1/1，可以申請嗎", "我生日是[date of birth]，可以申請嗎"),
        ("出生年月日：民國69年1月1日", "出生年月日：[date of birth]"),
        ("my line id: johnny88", "my line id: [LINE ID]"),
    ],
)
def test_what_is_called_ones_own_is_masked_in_a_question(said, kept):
    assert mask_personal_data(said) == kept
    assert "市府帳號12345678901" in mask_personal_data("市府帳號12345678901", landlines=False)


def test_what_the_assistant_says_keeps_the_offices_numbers():
    assert mask_personal_data("請撥07-3352999", landlines=False) == "請撥07-3352999"


@given(st.from_regex(r"09\d{8}", fullmatch=True), st.text(alphabet="甲乙 ，", max_size=5))
def test_no_mobile_number_survives(number, around):
    assert number not in mask_personal_data(f"{around}{number}{around}")
