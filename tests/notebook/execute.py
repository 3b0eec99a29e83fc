"""Runs a notebook from a fresh kernel, as nbclient does, and writes it with its outputs."""

import json
import sys

import nbformat
from nbclient import NotebookClient

source, target = sys.argv[1:]
notebook = nbformat.read(source, as_version=4)
for cell in notebook.cells:
    if cell.cell_type == "code":
        cell.outputs = []
        cell.execution_count = None
client = NotebookClient(
    notebook,
    timeout=600,
    allow_errors=True,
    coalesce_streams=True,
    resources={"metadata": {"path": source.rsplit("/", 1)[0]}},
)
client.execute()
for cell in notebook.cells:
    cell.metadata.pop("execution", None)
with open(target, "w", encoding="ascii") as file:
    json.dump(notebook, file, indent=1, sort_keys=True)
    file.write("\n")
