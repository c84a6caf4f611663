"""Reads `.tflite` files: any model, checked so thoroughly that later steps need not doubt it."""

from __future__ import annotations

__all__ = ["parse_model", "read_model"]

import hashlib
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from firmware.flatbuffer import FlatBuffer, FlatBufferError, TableView
from firmware.model import Layer, Model, OptionValue, Quantization, Tensor
from firmware.tflite_schema import (
    SCHEMA_VERSION,
    enumeration,
    enumeration_of,
    operator_name,
    options_table,
    table_fields,
)
from toolchain import PlaygroundError

_IDENTIFIER = b"TFL3"  # at bytes 4 to 7
_LARGEST_FILE_BYTES = 256 << 20
_LARGEST_RANK = 8  # what any TensorFlow Lite kernel takes
_LARGEST_TENSOR_BYTES = 1 << 31

# Types that quantization means something for.
_QUANTIZED_TYPES = frozenset({"int8", "uint8", "int16", "int32", "int64"})


def read_model(path: Path) -> Model:
    """Read and check a `.tflite` file.

    Parameters
    ----------
    path
        The file; the model is named after it, without the suffix.

    Raises
    ------
    PlaygroundError
        If the file cannot be read, is not a `.tflite` file, is damaged, or holds what cannot be
        run: several subgraphs, dynamic shapes, variables, sparse or external data. Operators are
        not judged here.
    """
    if not path.is_file():
        raise PlaygroundError(
            f"the model `{path}` is {'not a file' if path.exists() else 'not there'}",
            hint="give the path of a .tflite file; shipped models are listed by `cfu list models`",
        )
    try:
        with path.open("rb") as file:
            head = file.read(8)
            size = path.stat().st_size
            _check_head(head, path.name)
            if size > _LARGEST_FILE_BYTES:
                raise PlaygroundError(
                    f"`{path.name}` has {size:,} bytes, more than any microcontroller's model",
                    hint=f"the most that is read is {_LARGEST_FILE_BYTES:,} bytes",
                )
            content = head + file.read()
    except OSError as error:
        raise PlaygroundError(
            f"the model `{path}` cannot be read: {error.strerror or error}",
            hint="check the file's permissions",
        ) from error
    return _parse(content, name=path.stem, shown=path.name)


def parse_model(content: bytes, *, name: str) -> Model:
    """Read and check a `.tflite` file's content.

    Parameters
    ----------
    content
        The whole file.
    name
        The model's name, also used in messages.

    Raises
    ------
    PlaygroundError
        As `read_model` does.
    """
    return _parse(content, name=name, shown=name)


def _parse(content: bytes, *, name: str, shown: str) -> Model:
    _check_head(content[:8], shown)
    try:
        return _Parser(content, name=name, shown=shown).model()
    except FlatBufferError as error:
        raise PlaygroundError(
            f"`{shown}` is damaged: {error}",
            hint="the file may be truncated; export or download it again",
        ) from error


def _check_head(head: bytes, shown: str) -> None:
    if head[4:8] != _IDENTIFIER:
        raise PlaygroundError(
            f"`{shown}` is not a .tflite file: bytes 4 to 7 are not `{_IDENTIFIER.decode()}`",
            hint="convert the model with TensorFlow Lite's converter and give the .tflite file",
        )


class _Parser:
    """The parts of one file on their way to a `Model`."""

    def __init__(self, content: bytes, *, name: str, shown: str) -> None:
        self._content = content
        self._name = name
        self._shown = shown
        self._root = FlatBuffer(content).root("Model")
        # The interpreter also looks at what is not read here, and trusts all of it.
        self._root.verify()
        self._buffers = self._root.tables("buffers", "Buffer")
        self._buffer_data: dict[int, bytes] = {}

    def model(self) -> Model:
        version = self._root.number("version")
        if version != SCHEMA_VERSION:
            raise self._unsupported(
                f"has schema version {version}", f"only version {SCHEMA_VERSION} is read"
            )
        subgraphs = self._root.tables("subgraphs", "SubGraph")
        if len(subgraphs) != 1:
            raise self._unsupported(
                f"has {len(subgraphs)} subgraphs",
                "only models with one subgraph run; control flow (IF, WHILE, CALL) adds more",
            )
        graph = subgraphs[0]
        tensors = tuple(
            self._tensor(index, view)
            for index, view in enumerate(graph.tables("tensors", "Tensor"))
        )
        codes = self._root.tables("operator_codes", "OperatorCode")
        layers = tuple(
            self._layer(index, view, codes, len(tensors))
            for index, view in enumerate(graph.tables("operators", "Operator"))
        )
        model = Model(
            name=self._name,
            tensors=tensors,
            layers=layers,
            inputs=self._indices(graph, "inputs", len(tensors), "the graph"),
            outputs=self._indices(graph, "outputs", len(tensors), "the graph"),
            digest=hashlib.sha256(self._content).hexdigest(),
            content=self._content,
        )
        self._check_graph(model)
        return model

    # --- tensors ---

    def _tensor(self, index: int, view: TableView) -> Tensor:
        where = f"tensor {index} `{view.string('name')}`"
        type_name = enumeration("TensorType").get(view.number("type"))
        if type_name is None:
            raise self._damaged(f"{where} has the unknown type {view.number('type')}")
        dtype = type_name.lower()
        if not _is_numpy_type(dtype):
            raise self._unsupported(
                f"uses {where} of type {type_name}", "quantize the model to int8 and float32"
            )
        for field, kind in (("is_variable", "a variable"), ("sparsity", "sparse")):
            if view.number(field) if field == "is_variable" else view.has(field):
                raise self._unsupported(
                    f"uses {where}, which is {kind}", "only dense tensors without state are run"
                )
        shape = self._shape(view, where)
        tensor_bytes = math.prod(shape) * np.dtype(dtype).itemsize
        if tensor_bytes >= _LARGEST_TENSOR_BYTES:
            raise self._damaged(f"{where} of shape {shape} would take {tensor_bytes:,} bytes")
        data = self._data(view.number("buffer"), where)
        if data is not None and len(data) != tensor_bytes:
            raise self._damaged(
                f"{where} of type {dtype} and shape {shape} needs {tensor_bytes:,} bytes,"
                f" its buffer has {len(data):,}"
            )
        quantization = self._quantization(view, dtype, shape, where)
        return Tensor(index, view.string("name"), dtype, shape, quantization, data)

    def _shape(self, view: TableView, where: str) -> tuple[int, ...]:
        dimensions = view.vector("shape")
        shape = () if dimensions is None else tuple(dimensions[: _LARGEST_RANK + 1].tolist())
        if len(shape) > _LARGEST_RANK:
            raise self._unsupported(
                f"uses {where} of more than {_LARGEST_RANK} dimensions",
                f"at most {_LARGEST_RANK} dimensions are supported",
            )
        if any(size < 1 for size in shape):
            raise self._unsupported(
                f"uses {where} of shape {shape}, which is not fixed and positive",
                "give the model fixed shapes, the batch size included, before converting it",
            )
        return shape

    def _data(self, number: int, where: str) -> bytes | None:
        """Return the content of a buffer, `None` if it is empty; each is read only once."""
        if number >= len(self._buffers):
            raise self._damaged(
                f"{where} uses buffer {number} of {len(self._buffers)}",
            )
        if number not in self._buffer_data:
            view = self._buffers[number]
            if view.number("offset") or view.number("size"):
                raise self._unsupported(
                    f"keeps the data of {where} outside of its tables",
                    "only models under 2 GB, with their data in the tables, are read",
                )
            content = view.vector("data")
            self._buffer_data[number] = b"" if content is None else content.tobytes()
        return self._buffer_data[number] or None

    def _quantization(
        self, view: TableView, dtype: str, shape: tuple[int, ...], where: str
    ) -> Quantization | None:
        table = view.table("quantization", "QuantizationParameters")
        if table is None:
            return None
        if table.number("details_type"):
            raise self._unsupported(
                f"uses {where} with custom quantization", "only affine quantization is supported"
            )
        scales, zero_points = table.vector("scale"), table.vector("zero_point")
        # A tensor that lacks either is not quantized to TensorFlow Lite Micro either.
        if scales is None or zero_points is None or not len(scales) or not len(zero_points):
            return None
        if dtype not in _QUANTIZED_TYPES:
            return None
        axis = int(table.number("quantized_dimension"))
        if len(scales) > 1 and not (0 <= axis < len(shape) and len(scales) == shape[axis]):
            raise self._damaged(
                f"{where} of shape {shape} has {len(scales)} scales along dimension {axis}"
            )
        if len(zero_points) not in (1, len(scales)):
            raise self._damaged(
                f"{where} has {len(zero_points)} zero points for {len(scales)} scales"
            )
        if not (np.isfinite(scales).all() and (scales > 0).all()):
            bad = next(
                scale for scale in scales.tolist() if not (scale > 0 and math.isfinite(scale))
            )
            raise self._damaged(f"{where} has a scale of {bad:g}")
        # Zero points are 64 bits wide in the file and 32 in TensorFlow Lite Micro.
        limits = np.iinfo(np.int32 if dtype == "int64" else dtype)
        if zero_points.min() < limits.min or zero_points.max() > limits.max:
            bad = next(z for z in zero_points.tolist() if not limits.min <= z <= limits.max)
            raise self._damaged(f"{where} has a zero point of {bad}, out of the range of {dtype}")
        repeat = len(scales) if len(zero_points) == 1 else 1
        return Quantization(
            scales=tuple(scales.tolist()),
            zero_points=tuple(zero_points.tolist()) * repeat,
            axis=axis if 0 <= axis < len(shape) else 0,
        )

    # --- layers ---

    def _layer(
        self, index: int, view: TableView, codes: tuple[TableView, ...], tensors: int
    ) -> Layer:
        code_index = view.number("opcode_index")
        if code_index >= len(codes):
            raise self._damaged(f"layer {index} uses operator code {code_index} of {len(codes)}")
        operator = self._operator(codes[code_index], index)
        where = f"layer {index} ({operator})"
        return Layer(
            index=index,
            operator=operator,
            version=int(codes[code_index].number("version")),
            inputs=self._indices(view, "inputs", tensors, where, optional=True),
            outputs=self._indices(view, "outputs", tensors, where),
            options=self._options(view, operator, where),
        )

    def _operator(self, view: TableView, layer: int) -> str:
        # Files from before there were more than 127 operators have only the deprecated field.
        code = max(view.number("deprecated_builtin_code"), view.number("builtin_code"))
        operator = operator_name(code)
        if operator is None:
            raise self._damaged(f"layer {layer} uses the unknown operator code {code}")
        if operator == "CUSTOM":
            return f"CUSTOM:{view.string('custom_code')}"
        return operator

    def _options(self, view: TableView, operator: str, where: str) -> Mapping[str, OptionValue]:
        """Return the operator's own options, the schema's defaults where the file has none."""
        table = options_table(operator)
        if table is None:
            return {}
        given, options = self._given_options(view, where)
        if given not in ("NONE", table):
            raise self._damaged(f"{where} has options of the type {given}, not {table}")
        return {
            name: self._option(options, table, name, where)
            for name, field in table_fields(table).items()
            if field.kind not in ("table", "union")
            and not (field.is_vector and field.kind == "string")
        }

    def _given_options(self, view: TableView, where: str) -> tuple[str, TableView | None]:
        for field, union in (
            ("builtin_options", "BuiltinOptions"),
            ("builtin_options2", "BuiltinOptions2"),
        ):
            number = view.number(f"{field}_type")
            given = enumeration(union).get(number)
            if given is None:
                raise self._damaged(f"{where} has options of the unknown type {number}")
            if given != "NONE":
                return given, view.table(field, given)
        return "NONE", None

    def _option(self, options: TableView | None, table: str, name: str, where: str) -> OptionValue:
        field = table_fields(table)[name]
        if field.kind == "string":
            return options.string(name) if options else ""
        if field.is_vector:
            values = options.vector(name) if options else None
            return () if values is None else tuple(values.tolist())
        value: Any = options.number(name) if options else field.default
        names = enumeration_of(table, name)
        if names is None:
            if isinstance(value, float) and not math.isfinite(value):
                raise self._damaged(f"{where} has the option `{name}` = {value}")
            return value  # type: ignore[no-any-return]
        if value not in names:
            raise self._damaged(f"{where} has the unknown value {value} of `{name}`")
        return names[value]

    # --- the graph ---

    def _indices(
        self, view: TableView, field: str, tensors: int, where: str, *, optional: bool = False
    ) -> tuple[int, ...]:
        vector = view.vector(field)
        indices = () if vector is None else tuple(vector.tolist())
        for index in indices:
            if not (0 <= index < tensors or (optional and index == -1)):
                raise self._damaged(f"`{field}` of {where} names tensor {index} of {tensors}")
        return indices

    def _check_graph(self, model: Model) -> None:
        if not model.layers or not model.outputs:
            raise self._unsupported("has no layers or no outputs", "there is nothing to run")
        if len(set(model.inputs)) != len(model.inputs):
            raise self._damaged("the graph has the same tensor twice among its inputs")
        for index in model.inputs:
            if model.tensors[index].is_constant:
                raise self._damaged(f"the graph's input, tensor {index}, is constant")
        known = set(model.inputs) | {t.index for t in model.tensors if t.is_constant}
        for layer in model.layers:
            where = f"layer {layer.index} ({layer.operator})"
            for index in layer.inputs:
                if index != -1 and index not in known:
                    raise self._damaged(
                        f"{where} reads tensor {index} `{model.tensors[index].name}`"
                        " before any layer has written it"
                    )
            for index in layer.outputs:
                if index in known:
                    raise self._damaged(
                        f"{where} writes tensor {index} `{model.tensors[index].name}`,"
                        " which has a value already"
                    )
                known.add(index)
        for index in model.outputs:
            if index not in known or model.tensors[index].is_constant:
                raise self._damaged(f"no layer writes the graph's output, tensor {index}")

    # --- errors ---

    def _damaged(self, what: str) -> PlaygroundError:
        return PlaygroundError(
            f"`{self._shown}` is not a valid model: {what}",
            hint="the file may be damaged; export or download it again",
        )

    def _unsupported(self, what: str, hint: str) -> PlaygroundError:
        return PlaygroundError(f"`{self._shown}` {what}, which is not supported", hint=hint)


def _is_numpy_type(dtype: str) -> bool:
    """Return whether NumPy has numbers of this type (it has no int4, for one)."""
    try:
        return np.dtype(dtype).kind in "biufc"
    except TypeError:
        return False
