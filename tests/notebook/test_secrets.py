"""Secrets are masked, code is not."""

import time

import pytest

from jupyter_sc2.notebook import mask_secrets
from jupyter_sc2.notebook.secrets import mask_around

PLANTED = {
    "AWS key id": ('key = "AKIAIOSFODNN7EXAMPLE"', "AKIAIOSFODNN7EXAMPLE"),
    "AWS secret": ('aws_secret_access_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"', "wJalrXUtnFEMI"),
    "GitHub": ('t = "ghp_16C7e42F292c6912E7710c838347Ae178B4a"', "16C7e42F292c6912E7710c838347Ae178B4a"),
    "GitLab": ('t = "glpat-abcdefghij1234567890"', "abcdefghij1234567890"),
    "Anthropic": ('k = "sk-ant-api03-abcdefghijklmnopqrstuvwxyz0123"', "abcdefghijklmnopqrstuvwxyz0123"),
    "OpenAI": ('k = "sk-abcdefghijklmnopqrstT3BlbkFJabcdefghijklmnopqrst"', "T3BlbkFJ"),
    "Hugging Face": ('login(token="hf_abcdefghijklmnopqrstuvwxyzABCDEFGH")', "abcdefghijklmnopqrstuvwxyz"),
    "Slack": ('os.environ["S"] = "xoxb-123456789012-123456789012-abcdefghijklmnopqrstuvwx"', "123456789012"),
    "Stripe": ('stripe.api_key = "sk_live_abcdefghijklmnopqrstuvwx"', "abcdefghijklmnopqrstuvwx"),
    "web token": ('t = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmNHl0w5N"', "dozjgNryP4J3jVmNHl0w5N"),
    "password": ('password = "hunter2"', "hunter2"),
    "colon": ('config = {"api_key": "hunter3hunter3"}', "hunter3"),
    "URL": ('engine = create_engine("postgresql://ada:hunter4@db.example.com/x")', "hunter4"),
    "private key": (
        "k = '''-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAKC\n-----END RSA PRIVATE KEY-----'''",
        "MIIEow",
    ),
}
CODE = """df = pd.read_csv("https://example.org/data.csv")
token = tokenizer.encode(text)
password = getpass()
digest = "d41d8cd98f00b204e9800998ecf8427e"
secret_santa = random.choice(names)
plt.title("secret sauce")
def authenticate(user, password=None, token=None): ...
x = {"a": 1, "key": value}
commit = "71f1ed3f47a382f64ebf767ea57dd5cb415b1ae9"
"""


@pytest.mark.parametrize(("source", "secret"), PLANTED.values(), ids=PLANTED)
def test_planted(source, secret):
    masked = mask_secrets(source)
    assert secret not in masked
    assert "***" in masked
    assert masked.split("=")[0] == source.split("=")[0], "the rest of the line stays"
    assert mask_secrets(masked) == masked


def test_ordinary_code_stays():
    assert mask_secrets(CODE) == CODE


def test_line_structure_stays():
    text = 'a = 1\n\npassword = "hunter2"\r\n\tb = 2\n'
    assert mask_secrets(text) == 'a = 1\n\npassword = "***"\r\n\tb = 2\n'


def test_a_key_that_is_cut_off_by_the_cursor():
    assert "MIIE" not in mask_secrets("-----BEGIN PRIVATE KEY-----\nMIIE\nabc")


def test_worst_case_is_bounded():
    begun = time.monotonic()
    for text in ("a" * 1_000_000, "password=" * 2000, 'password = "' * 1500, "eyJ" * 6000, "://" * 6000):
        mask_secrets(text)
    assert time.monotonic() - begun < 20  # a stop for runaway patterns, not a measure of speed


@pytest.mark.parametrize(
    ("before", "after", "masked"),
    [
        ('password = "hunt', "", ('password = "***', "")),
        ('password = "hunt', 'er2"\nx = 1', ('password = "***', '"\nx = 1')),
        ('password = "', 'hunter2"', ('password = "', '***"')),
        ("x = 1\ny = ", "2", ("x = 1\ny = ", "2")),
        ("-----BEGIN PRIVATE KEY-----\nMI", "IE\n-----END PRIVATE KEY-----", None),
    ],
)
def test_around_a_cursor(before, after, masked):
    found = mask_around(before, after)
    if masked is None:
        assert "MI" not in found[0]
        assert found[1].endswith("-----END PRIVATE KEY-----")
    else:
        assert found == masked


KEY = "k = '''-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAKC\nQ2xv\n-----END RSA PRIVATE KEY-----'''\nx = 1"


@pytest.mark.parametrize("text", [KEY, KEY[: KEY.index("\n-----END")]])
def test_a_private_key_around_any_cursor(text):
    for cursor in range(len(text) + 1):
        both = "".join(mask_around(text[:cursor], text[cursor:]))
        header = 5 <= cursor < text.index("\nMIIE")
        for part in ("MIIEow", "IBAAKC", "Q2xv"):
            assert part not in both, (cursor, header)


@pytest.mark.parametrize("size", [10_000, 1_000_000])
def test_a_long_line_is_searched(size):
    masked = mask_secrets("x = '" + "a " * (size // 2) + "'; t = 'hf_" + "a" * 24 + "'\ny = 1")
    assert masked.endswith("t = '***'\ny = 1")
