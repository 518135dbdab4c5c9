"""What callers hear, as texts: complete, said with this company's name, numbers digit by digit."""

import pytest

from ivr_scripts.prompts import PromptError, _said, digits, greeting, prompts
from ivr_scripts.speech import readable


@pytest.mark.parametrize("language", ["cmn", "en"])
def test_every_prompt_has_a_text_in_every_language(language: str) -> None:
    """Nothing is left to be filled in, and no two prompts share a file."""
    all_of_them = prompts(language, "X")
    assert all(prompt.text and "{" not in prompt.text for prompt in all_of_them)
    assert len(all_of_them) == len({prompt.path for prompt in all_of_them})
    assert {*greeting("0123456789"), "apology"} <= {prompt.name for prompt in all_of_them}


def test_a_text_that_lacks_a_language_is_named() -> None:
    """Whoever adds a prompt learns which text is missing."""
    with pytest.raises(PromptError, match=r"prompts\.toml: thanks has no text for en"):
        _said("thanks", {"cmn": "谢谢"}, "en", "X")


def test_a_work_number_is_read_digit_by_digit_after_the_company() -> None:
    """N1: company, work number, at your service."""
    assert (
        "company", "work-number", "digit-1", "digit-0", "digit-0", "digit-1", "at-your-service",
    ) == greeting("1001")  # fmt: skip


@pytest.mark.parametrize("number", ["12a", "１２", "1 2", "-1", "../x"])
def test_only_digits_are_read(number: str) -> None:
    """Nothing else becomes the name of a file."""
    with pytest.raises(ValueError, match="more than digits"):
        list(digits(number))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("apology", "dui4 bu4 qi3 , rang4 nin2 jiu3 deng3 le5 , qing3 shao1 hou4 ."),
        ("company", "yong3 qiang2 gong1 dian4 gong1 si1"),
        ("work-number", "gong1 hao4"),
        ("digit-1", "yao1"),
        ("digit-0", "ling2"),
    ],
)
def test_mandarin_is_spoken_from_its_pinyin(name: str, said: str) -> None:
    """1 is yāo, neutral tones are neutral, punctuation pauses; an independent reading of each text."""
    prompt = next(each for each in prompts("cmn", "永强供电公司") if each.name == name)
    assert said == readable(prompt)


def test_another_text_company_or_voice_makes_another_sound() -> None:
    """What a sound depends on is in its digest, and nothing else."""
    named = [{each.name: each for each in prompts("cmn", name)} for name in ("甲公司", "甲公司", "乙公司")]
    one, same, other = (each["company"] for each in named)
    assert one.digest == same.digest != other.digest
