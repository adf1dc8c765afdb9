"""In which language a text is written: enough to choose its stems and its model, no more."""

import re
import unicodedata
from typing import Literal, get_args

from .words import words_of

Language = Literal[
    "english", "french", "german", "spanish", "portuguese", "italian", "dutch", "russian", "simple"
]
"""What PostgreSQL has stems for; `simple` takes words as they are."""

LANGUAGES: tuple[Language, ...] = get_args(Language)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# The commonest function words of each, as `words_of` gives them, and only those that tell languages apart.
_MARKS: dict[Language, frozenset[str]] = {
    "english": _words(
        "the and of to is in that it was for you are with his he they be this have from not by but what "
        "all were when your can said there how if will do does did my me we she her him who an or about so "
        "their has had would i at on as which why where been no more our could should up out don t s m re ve "
        "ll"
    ),
    "french": _words(
        "le la les des et est un une du que qui dans ce il elle pas pour sur au avec se je ne vous tu nous "
        "son sa ses mais ou on y l d j qu c n m s t suis sont etait fait ils leur plus tout cette ma mon "
        "quand comment pourquoi as ai avez cela ca moi toi etes peux veux peut veut personne rien quelque "
        "chose quel quelle toute tous toutes ici aussi bien tres jamais toujours encore avait etait sans"
    ),
    "german": _words(
        "der die das und ist ich nicht ein eine zu den mit sie es auf dem von war er wir du hat im wie was "
        "fur so sich aber des als an auch nach bei aus wenn noch nur mir mich habe sind dass ihr ihm uns "
        "mein dein kein keine haben kann wird bin bist hast diese dieser dieses sehr hier heute immer nie "
        "etwas nichts alle alles muss konnte wollte mehr schon ihn ihre seine"
    ),
    "spanish": _words(
        "el la los las de que y es en un una por con no se lo su para mi me te al del le como mas pero yo "
        "esta este eso muy si ella ellos tu nos ya ha he son era fue estoy eres soy estan cuando donde "
        "quien porque hay tengo tiene quiero hacer nada puedo puede puedes quiere quieres necesito siempre "
        "nunca ahora hoy vez nadie algo alguien bien mucho mucha todo todos ayer aqui usted"
    ),
    "portuguese": _words(
        "o os as um uma de que e do da em nao com ele ela eu se por para mais no na dos das ao como mas foi "
        "voce meu minha seu sua isso esta este ele eles tem muito ja estou sou sao era quem quando onde "
        "porque tenho nos me te lhe fazer tudo posso pode quero quer preciso sempre nunca agora hoje vez "
        "ninguem alguem algo tao bem muita todo todos ontem aqui voces ser ter"
    ),
    "italian": _words(
        "il lo gli di che e non un una per con sono mi ho si ma le da della del nel ha io questo come anche "
        "piu tu lei lui ci ti era perche cosa quando dove sei al dei alla"
    ),
    "dutch": _words(
        "de het een en van ik niet dat is te zijn op aan met voor er maar om hem dan je ze wat mijn zij we "
        "heb hebben deze dit die naar ook bij nog haar uit"
    ),
}
# Marks that are English words too, or what is left of them: one of these alone decides nothing.
_SHARED = _words(
    "war ai plus so an was die den hat bin man as me no he son era hay pro do for come a is of we had on "
    "pour dan van dove c d j m n t y"
)
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
_LATIN_LETTERS = re.compile(r"[A-Za-z]")


def language_of(text: str) -> Language:
    """Return the language of a text; English where nothing speaks against it."""
    letters = [sign for sign in text[:2000] if sign.isalpha()]
    if "¿" in text or "¡" in text:
        return "spanish"
    latin = sum(1 for sign in letters if _is_latin(sign))
    if latin * 2 < len(letters):
        return "russian" if len(_CYRILLIC.findall(text)) * 2 > len(letters) else "simple"
    words = words_of(text[:2000])
    counts: dict[Language, int] = {
        name: sum(word in marks for word in words) for name, marks in _MARKS.items()
    }
    best: Language = max(counts, key=lambda name: counts[name])
    if counts[best] > counts["english"] and (counts[best] > 1 or (_MARKS[best] - _SHARED) & set(words)):
        return best
    if counts["english"] == 0 and _has_foreign_letters(letters):
        return "simple"
    return "english"


def is_english(text: str) -> bool:
    """Whether the model that reads English only is the one to ask."""
    return language_of(text) == "english"


def _is_latin(sign: str) -> bool:
    return sign.isascii() or unicodedata.name(sign, "").startswith("LATIN")


def _has_foreign_letters(letters: list[str]) -> bool:
    """Whether a tenth of the letters, or any two, carry signs that English does not write."""
    foreign = sum(not sign.isascii() for sign in letters)
    return foreign >= 2 or (foreign > 0 and foreign * 10 >= len(letters))  # noqa: PLR2004 - said above
