"""Previews: which slices are shown, that they are drawn when due, and that they change nothing."""

import numpy as np
import pytest
import torch
from matplotlib import pyplot
from matplotlib.image import imread

from spinemets.anatomy import Anatomy, EsccGrade
from spinemets.networks.ordinal import grade_probabilities, most_likely_cut
from spinemets.networks.segmenter import SegmenterOutput
from spinemets.training.callbacks.preview import GradePanel, Preview, ShowsCases
from spinemets.training.callbacks.preview_figures import draw_grades, draw_slices
from spinemets.training.callbacks.sagittal_preview import sagittal_panels
from training.callbacks.toy_task import ToyData, ToyTask, same, state_of, toy_trainer

pytestmark = pytest.mark.filterwarnings(r"ignore:.*LeafSpec.* is deprecated:FutureWarning")
_SHAPE = (5, 12, 10)


def _case(lesion_slice=1, presence=(0, 1, 1, 0), lesion_known=True):
    """A body in all slices and a lesion in one; the network finds everything a row lower."""
    targets = torch.zeros((3, *_SHAPE), dtype=torch.uint8)
    targets[0] = 1
    targets[0, :, 3:7, 2:6] = 1 << Anatomy.VERTEBRAL_BODY
    targets[1] = 0 if lesion_known else 255
    if lesion_slice is not None:
        targets[1, lesion_slice, 4:6, 3:5] = 1
    lower = torch.roll(targets, 1, dims=2)
    anatomy = torch.stack([(lower[0] == 1 << each).float() for each in range(8)])[None]
    output = SegmenterOutput(anatomy, (lower[1] == 1).float()[None, None] - 0.5, torch.zeros((1, 1, *_SHAPE)))
    image = torch.randn((4, *_SHAPE), generator=torch.Generator().manual_seed(0))
    return sagittal_panels("study/lumbar", True, image, torch.tensor(presence), targets, output)


def _grade(grade, logits):
    probabilities = grade_probabilities(torch.tensor([logits]))[0].numpy()
    return GradePanel("study/axial/7", True, np.zeros((8, 8), np.float32), grade, probabilities)


def _words(figure):
    texts = [text.get_text() for axes in figure.axes for text in (axes.title, *axes.texts)]
    return [*texts, figure.get_suptitle()]


def test_the_middle_slice_and_the_one_with_the_most_lesion_are_shown():
    middle, lesion = _case()
    assert middle.place == "middle slice (3 of 5 from the right)"
    assert lesion.place == "most lesion (2 of 5 from the right)"
    assert (middle.reference.lesion.sum(), lesion.reference.lesion.sum()) == (0, 4)


@pytest.mark.parametrize("lesion_slice", [None, 2])
def test_one_slice_is_enough_where_both_are_the_same(lesion_slice):
    (panel,) = _case(lesion_slice)
    assert ("most lesion" in panel.place) == (lesion_slice is not None)


def test_panels_hold_reference_and_prediction_of_the_channels_that_are_there():
    panel, _ = _case()
    assert list(panel.images) == ["T2", "STIR"]
    assert panel.images["T2"].shape == _SHAPE[1:]
    assert (panel.reference.anatomy[3, 2], panel.predicted.anatomy[3, 2]) == (1, 0)
    assert (panel.reference.anatomy[7, 2], panel.predicted.anatomy[7, 2]) == (0, 1)


def test_what_is_not_annotated_is_said_and_not_drawn():
    (panel,) = _case(None, lesion_known=False)
    assert panel.reference.lesion is None
    words = _words(draw_slices([panel]))
    assert words.count("lesions not annotated") == 2


def test_a_set_of_classes_is_drawn_as_its_first():
    targets = torch.full((3, 1, 2, 2), 1 << Anatomy.VERTEBRAL_BODY | 1 << Anatomy.POSTERIOR_ELEMENTS).byte()
    output = SegmenterOutput(*(torch.zeros((1, count, 1, 2, 2)) for count in (8, 1, 1)))
    (panel,) = sagittal_panels("a", False, torch.zeros((4, 1, 2, 2)), torch.eye(4)[0], targets, output)
    assert (panel.reference.anatomy == Anatomy.VERTEBRAL_BODY).all()


def test_pictures_say_case_source_and_sides():
    figure = draw_slices(_case())
    words = _words(figure)
    assert "study/lumbar (simulated)" in words
    assert len(figure.axes) == 8
    assert {"A", "P", "T2", "STIR"} <= set(words)
    assert sum(word.startswith("reference: ") for word in words) == 2
    assert sum(word.startswith("network: ") for word in words) == 2


def test_grades_are_the_ones_that_validation_counts():
    logits = [4.0, 1.0, 0.2, -0.1, -3.0]
    found = tuple(EsccGrade)[int(most_likely_cut(torch.tensor([logits])))]
    words = _words(draw_grades([_grade(EsccGrade.G2, logits)]))
    assert f"study/axial/7\ntrue 2, graded {found}" in words
    assert {"R", "L"} <= set(words)


def test_the_bar_of_the_true_grade_stands_out():
    figure = draw_grades([_grade(EsccGrade.G1B, [0.0] * 5)])
    colours = [bar.get_facecolor() for bar in figure.axes[1].patches]
    assert len(colours) == 6
    assert [place for place, colour in enumerate(colours) if colours.count(colour) == 1] == [2]


class _Showing(ToyTask):
    def preview(self, batch):
        assert not self.training
        shown = list(_case())
        return [*shown, _grade(EsccGrade.G0, [0.0] * 5)]


def test_pictures_come_when_due_and_at_the_end(tmp_path):
    toy_trainer(tmp_path, Preview(tmp_path / "previews", 3, batches=1), epochs=5).fit(_Showing(), ToyData())
    drawn = sorted(path.relative_to(tmp_path).as_posix() for path in (tmp_path / "previews").rglob("*.png"))
    names = ("epoch-0003.png", "epoch-0005.png")
    assert drawn == [*(f"previews/{name}" for name in names), *(f"previews/study_lumbar/{n}" for n in names)]
    assert imread(tmp_path / drawn[0]).std() > 0
    assert not pyplot.get_fignums()


def test_a_run_is_the_same_without_pictures(tmp_path):
    tasks = (_Showing(), ToyTask())
    assert isinstance(tasks[0], ShowsCases)
    for task in tasks:
        toy_trainer(tmp_path, Preview(tmp_path / "previews", 1, batches=1), epochs=1).fit(task, ToyData())
    assert same(*(state_of(task) for task in tasks))
