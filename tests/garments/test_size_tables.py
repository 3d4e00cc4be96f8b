"""Size tables: each row's body is of its row's size; brands' charts are read, and what is wrong in one is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from toile.engine.core.errors import BadInput, DamagedFile
from toile.garments.size_tables import closest, hao_xing_of, jeans_of, read_chart, size_tables, sizes_of
from toile.garments.sizes import size_body
from toile.garments.spec import WEARER_BOUNDS

CHART = "# a brand\nsize,sex,brand,bust_cm,waist_in,hip_cm\nP,female,Maison,80-84,25,88\nQ,female,Maison,84-88,27,92–96\nR,,Maison,,30,\n"


def test_every_table_says_where_it_is_from_and_grows_with_its_labels() -> None:
    for table in size_tables():
        assert table.source
        assert table.status in ("verified", "unverified")
        assert table.sex in ("female", "male")
        for before, after in zip(table.rows, table.rows[1:], strict=False):
            for name, (low, high) in after.ranges.items():
                assert WEARER_BOUNDS[name][0] <= low < high <= WEARER_BOUNDS[name][1]
                if name != "height_cm":
                    assert low + high > sum(before.ranges[name]), (table.title, after.label, name)


def test_the_middle_of_a_row_is_of_that_size_at_no_distance() -> None:
    for table in size_tables():
        for row in table.rows:
            match = closest(table, row.centre())
            assert match is not None
            assert match.label == row.label
            assert match.distance_cm == 0.0
            assert max(abs(v) for v in match.differences.values()) < 1e-9


def test_a_label_read_and_measured_is_that_label_again() -> None:
    for label, sex in (
        ("165/88A", "female"),
        ("160/84Y", "female"),
        ("175/96B", "male"),
        ("170/88C", "male"),
    ):
        body = size_body(label, sex, bottom=False).measurements
        assert hao_xing_of(body, sex)[0].label == label
        bottoms = hao_xing_of(body, sex)[1].label
        assert size_body(bottoms, sex, bottom=True).measurements["bust_cm"] == pytest.approx(
            body["bust_cm"], abs=1.0
        )
    body = size_body("W32 L34", "male", bottom=True).measurements
    assert jeans_of(body, "male")[0].label == "W32 L34"


def test_a_body_between_brands_is_told_its_distance(tmp_path: Path) -> None:
    (tmp_path / "chart.csv").write_text(CHART, encoding="utf-8")
    charts = read_chart(tmp_path / "chart.csv")
    assert [t.sex for t in charts] == ["female", ""]
    found = sizes_of({"bust_cm": 90.0, "waist_cm": 27 * 2.54, "hip_cm": 95.0}, "female", charts)
    assert (found[0].table, found[0].label, found[0].status) == ("Maison", "Q", "brand")
    assert found[0].distance_cm == pytest.approx(2.0)
    assert found[0].differences["bust_cm"] == pytest.approx(4.0)
    assert {m.status for m in found} == {"brand", "verified", "unverified"}
    assert size_body("q", "female", bottom=False, charts=charts).measurements["hip_cm"] == 94.0
    assert closest(charts[0], {"wrist_cm": 16.0}) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("bust_cm\n88\n", "has no column `size`"),
        ("size,bust\nM,88\n", "column 'bust' that is no measurement"),
        ("size,bust_cm\nM,eighty\n", "line 2: bust_cm is 'eighty'"),
        ("size,bust_cm\nM,88-80\n", "line 2: bust_cm is '88-80'"),
        ("size,bust_cm\nM,880\n", "between 60 and 180"),
        ("size,bust_cm\nM,nan\n", "line 2: bust_cm is 'nan'"),
        ("size,bust_cm\nM,80,90\n", "line 2 has 3 cells"),
        ("size,bust_cm\n,80\n", "line 2 names no size"),
        ("size,bust_cm\nM,\n", "size 'M' states no measurement"),
        ("size,sex,bust_cm\nM,boy,80\n", "sex is 'boy'"),
        ("size,bust_cm\n", "has no rows"),
        ("", "has no rows"),
        ("size\nM\n", "at least one measurement"),
        ('size,bust_cm\n"M,80\n', "is not CSV"),
    ],
)
def test_what_is_wrong_in_a_chart_is_said(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "chart.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        read_chart(path)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_chart_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "chart.csv").write_bytes(b"size,bust_cm\nM,\xff\n")
    with pytest.raises(DamagedFile, match="not UTF-8"):
        read_chart(tmp_path / "chart.csv")
    with pytest.raises(DamagedFile, match="cannot be read"):
        read_chart(tmp_path / "none.csv")
