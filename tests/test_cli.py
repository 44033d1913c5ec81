import subprocess
import sys

import pytest

from jupyter_sc2 import cli


def test_help_names_the_commands(capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["--help"])
    assert ended.value.code == 0
    assert "evaluate" in capsys.readouterr().out


def test_help_imports_nothing_heavy():
    code = "import sys; from jupyter_sc2.cli import parser; parser(); print({'torch', 'numpy'} & {*sys.modules})"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


@pytest.mark.parametrize("wrong", [[], ["nothing"], ["evaluate"], ["evaluate", ".", "--max-holes", "0"]])
def test_a_wrong_command_exits_2(wrong, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(wrong)
    assert ended.value.code == 2
