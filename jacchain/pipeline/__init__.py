"""From a pipeline file to validated stages; every problem in the file at once, each at its place.

The way the data goes: text -> yaml_reader or json_reader -> document (a tree of values that know their places) -> sections
(what the file says) -> constants, point -> assemble (sizes along the chain, functions compiled) -> stage.
"""

from jacchain.pipeline.loader import from_expressions, load, load_fields
from jacchain.pipeline.point import read_direction
from jacchain.pipeline.stage import Pipeline, Stage

__all__ = ["Pipeline", "Stage", "from_expressions", "load", "load_fields", "read_direction"]
