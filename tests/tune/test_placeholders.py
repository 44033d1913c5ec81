"""Addresses and secrets of the sources."""

from jupyter_sc2.tokenizer import SPECIAL_ID
from jupyter_sc2.tune.placeholders import EMAIL, KEY, Placeholders, cleaned


def test_addresses_and_secrets_are_replaced():
    text = cleaned("mail = 'ada.lovelace@example.org'\npassword = \"hunter2\"\nx = a @ b")
    assert text == f"mail = '{EMAIL}'\npassword = \"{KEY}\"\nx = a @ b"


def test_they_become_special_ids(tokenizer):
    ids = Placeholders(tokenizer).restore(tokenizer.encode(f"to = '{EMAIL}{EMAIL}' {KEY} \ue100"))
    assert [i for i in ids if i < 38] == [SPECIAL_ID["<EMAIL>"]] * 2 + [SPECIAL_ID["<KEY>"]]
    assert tokenizer.decode(ids) == "to = '<EMAIL><EMAIL>' <KEY> \ue100"


def test_private_characters_of_a_source_are_not_taken_for_ours():
    assert cleaned(f"x{EMAIL}{KEY}y") == "xy"
