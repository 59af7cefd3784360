"""The sweep as a user starts it."""

import json

POLAR = b"functions:\n  polar(r, theta):\n    x: r*cos(theta)\n    y: r*sin(theta)\nat: [2, 0]\n"


def test_points_come_from_stdin_a_file_or_a_grid(jacchain, tmp_path):
    (tmp_path / "p.csv").write_text("1,0\n2,0\n")
    (tmp_path / "polar.yaml").write_bytes(POLAR)
    by_file = jacchain("sweep", tmp_path / "polar.yaml", tmp_path / "p.csv", "--json").stdout
    assert [json.loads(line)["value"] for line in by_file.splitlines()] == [[1, 0], [2, 0]]
    assert jacchain("sweep", tmp_path / "polar.yaml", "-", "--json", stdin=b"theta,r\n0,1\n0,2\n").stdout == by_file
    assert jacchain("sweep", "-", tmp_path / "p.csv", "--json", stdin=POLAR).stdout == by_file
    assert jacchain("sweep", "-", "--over", "r=1:2:2", "--json", stdin=POLAR).stdout == by_file


def test_of_an_expression_the_points_are_the_only_word_and_say_its_size(jacchain):
    done = jacchain("sweep", "-e", "f(v): sum(v)", "-", "--format", "csv", stdin=b"1,2,3\n4,5,6\n")
    assert done.stdout == (
        b"v[1],v[2],v[3],f,df/dv[1],df/dv[2],df/dv[3],remark\n1.0,2.0,3.0,6.0,1.0,1.0,1.0,\n4.0,5.0,6.0,15.0,1.0,1.0,1.0,\n"
    )


def test_points_without_an_answer_are_counted_at_the_end(jacchain):
    done = jacchain("sweep", "-e", "f(x): log(x)", "--over", "x=-1:1:3", "--format", "csv")
    assert done.returncode == 4
    assert [line.split(",")[-1] for line in done.stdout.decode().splitlines()[1:]] == ["JC401", "JC401", ""]
    assert "at point 1: x = -1; 2 of 3 points have no answer" in done.stderr.decode()


def test_a_bad_table_leaves_stdout_and_the_file_alone(jacchain, tmp_path):
    target = tmp_path / "a.csv"
    target.write_text("kept")
    done = jacchain("sweep", "-e", "f(x): x", "-", "-o", target, stdin=b"1\n2\nx\n")
    assert (done.returncode, done.stdout, target.read_text()) == (3, b"", "kept")
    assert b"<stdin>:3:1" in done.stderr
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.csv"]


def test_what_cannot_be_meant_is_answered(jacchain):
    assert b"the points are missing" in jacchain("sweep", "-e", "f(x): x").stderr
    assert b"exclude each other" in jacchain("sweep", "-", "p.csv", "--over", "r=0:1:2", stdin=POLAR).stderr
    assert b"cannot both be stdin" in jacchain("sweep", "-", "-", stdin=POLAR).stderr
    for words in (["-e", "f(x): x"], ["-", "p.csv", "--over", "r=0:1:2"], ["-", "-"]):
        assert jacchain("sweep", *words, stdin=POLAR).returncode == 2


def test_columns_have_names_of_their_own(jacchain):
    chain = b"functions:\n  polar(r, t):\n    r: r*t\n    s: t\nat: [1, 2]\n"
    done = jacchain("sweep", "-", "--over", "r=1:2:2", "--format", "csv", stdin=chain)
    names = done.stdout.decode().splitlines()[0].split(",")
    assert names == ["r", "t", "polar.r", "s", "dpolar.r/dr", "dpolar.r/dt", "ds/dr", "ds/dt", "remark"]
    assert "polar.r" in jacchain("sweep", "-", "--over", "r=1:2:2", stdin=chain).stdout.decode().splitlines()[0].split()
    assert b"polar.r" in jacchain("sweep", "--help").stdout


def test_every_code_in_a_table_is_explained_below(jacchain):
    done = jacchain("sweep", "-e", "f(x): exp(log(x)*1000) + abs(x - 1)", "--over", "x=-1:9:6")
    codes = {line.split()[-1] for line in done.stdout.decode().splitlines()[1:7] if "JC" in line}
    assert codes == {"JC401", "JC402", "JC407"}
    assert {line.split()[0] for line in done.stdout.decode().splitlines()[7:] if line.startswith("JC")} == codes


def test_more_points_than_there_is_room_for_are_too_many(jacchain):
    for count in (10**9, 10**60):
        done = jacchain("sweep", "-e", "f(x): x", "--over", f"x=1:2:{count}")
        assert (done.returncode, done.stdout) == (4, b"")
        assert b"JC451" in done.stderr
        assert b"take fewer" in done.stderr


def test_a_full_disk_is_said(jacchain):
    done = jacchain("sweep", "-e", "f(x): x", "--over", "x=0:1:3", "-o", "/dev/full")
    assert (done.returncode, done.stdout) == (74, b"")


def test_names_of_columns_say_the_size_that_the_file_leaves_open(jacchain):
    done = jacchain("sweep", "-e", "f(v): sum(v)", "-", "--json", stdin=b"v[2],v[1]\n1,2\n")
    assert json.loads(done.stdout)["at"] == [2, 1]
    assert jacchain("sweep", "-e", "f(x): x^2", "--over", "x=1:2:2", "--format", "csv").stdout.count(b"\n") == 3
    done = jacchain("sweep", "-e", "f(v): sum(v)", "-", stdin=b"v[3],v[1]\n1,2\n")
    assert (done.returncode, done.stdout) == (3, b"")
    assert b"JC320" in done.stderr
