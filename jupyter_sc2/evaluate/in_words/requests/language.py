"""Python itself: functions, classes, text, files."""

from jupyter_sc2.evaluate.in_words.request import request

_REPORT = "write to mona@isle.example or to j.lee+lab@north.example, not to info@ or @home; also x_9@a-b.example."

REQUESTS = (
    request(
        "palindrome",
        words="Write a function that says whether a text is a palindrome. Spaces and upper or lower case don't count.",
        check="""
            assert works(lambda f: f("Never odd or even") and f("level") and not f("python") and not f("ab"))
        """,
    ),
    request(
        "bank_account",
        words="I need a class BankAccount with the methods deposit and withdraw. It has a balance, which starts at 0, "
        "and withdrawing more than there is raises a ValueError.",
        check="""
            def holds(make):
                def balance(account):
                    return account.balance() if callable(account.balance) else account.balance
                account = make()
                account.deposit(100)
                account.withdraw(30)
                try:
                    account.withdraw(71)
                except ValueError:
                    return same(balance(account), 70) and same(balance(make()), 0)
                return False
            def tries(make):
                try:
                    return holds(make)
                except Exception:
                    return False
            made = [kind for kind in classes() if kind.__name__ == "BankAccount"]
            assert any(tries(make) for kind in made for make in (kind, lambda: kind("Ada"), lambda: kind(0)))
        """,
    ),
    request(
        "addresses_in_text",
        cells=[f"import re\n\nreport = {_REPORT!r}"],
        words="find all e-mail addresses in the report",
        check="""
            wanted = ["mona@isle.example", "j.lee+lab@north.example", "x_9@a-b.example"]
            assert has(wanted, ordered=False)
        """,
    ),
    request(
        "common_words",
        cells=[
            """
            from collections import Counter

            poem = "The sea and the wind, the wind and The night. A sea at night, and the moon. Sea!"
        """
        ],
        words="which three words are the most common in the poem, and how often do they occur? ignore case and "
        "punctuation",
        check="""
            assert has_pairs({"the": 5, "and": 3, "sea": 3})
        """,
    ),
    request(
        "files_below",
        cells=["from pathlib import Path\n\nroot = Path('letters')"],
        files={
            "letters/first.txt": "Dear all\n",
            "letters/2021/second.txt": "Hello again, it has been a while",
            "letters/2021/table.csv": "a,b\n1,2\n",
            "letters/2022/deep/third.txt": "Bye",
        },
        words="List the names of all .txt files in this folder and below it, together with their sizes in bytes.",
        check="""
            import re
            seen = text + "\\n" + "\\n".join(repr(value) for value in values())
            sizes = {"first.txt": 9, "second.txt": 32, "third.txt": 3}
            def near(name, size, line):
                return name in line and re.search(rf"(?<!\\d){size}(?!\\d)", line)
            assert all(any(near(name, size, line) for line in seen.splitlines()) for name, size in sizes.items())
            assert "table.csv" not in seen
        """,
    ),
    request(
        "write_json",
        cells=['settings = {"language": "nb", "margins": [2, 2, 3], "dark": True, "title": "Årsrapport"}'],
        words="Save the settings in a file settings.json, indented by 2 spaces",
        check="""
            import json
            from pathlib import Path
            written = Path("settings.json").read_text("utf-8")
            assert json.loads(written) == before["settings"]
            assert '\\n  "language"' in written
        """,
    ),
)
