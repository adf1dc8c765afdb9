"""A text's language is judged by its script and its commonest words."""

import pytest

from kinetoscope.search.languages import language_of


@pytest.mark.parametrize(
    "text", ["war", "AI", "Willow's Birthday", "iPhone 8 Plus unboxing", "Letting a Dream Die"]
)
def test_one_word_that_english_has_too_decides_nothing(text: str) -> None:
    assert language_of(text) == "english"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Tom aime la neige.", "french"),
        ("Wo ist der Bahnhof?", "german"),
        ("Voy a atender al cliente.", "spanish"),
        ("Как дела?", "russian"),
        ("東京の美味しいラーメン", "simple"),
    ],
)
def test_a_sentence_is_known_by_its_small_words(text: str, language: str) -> None:
    assert language_of(text) == language
