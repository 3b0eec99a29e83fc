"""A LitGPT data module that gives batches from a file, in order, and knows where it was."""

from dataclasses import dataclass

from litgpt.data import DataModule
from safetensors.torch import load_file
from torch.utils.data import DataLoader


class Batches(DataLoader):
    """Batches [B, T + 1], one after the other. Its state is what LitGPT saves as `train_dataloader`."""

    def __init__(self, batches):
        super().__init__(list(batches), batch_size=None)
        self.next = 0

    def __iter__(self):
        while self.next < len(self.dataset):
            self.next += 1
            yield self.dataset[self.next - 1]

    def state_dict(self):
        return {"samples": self.next * len(self.dataset[0])}

    def load_state_dict(self, state):
        self.next = int(state["samples"]) // len(self.dataset[0])


@dataclass
class GivenBatches(DataModule):
    """The batches of a safetensors file."""

    path: str = ""

    def connect(self, tokenizer=None, batch_size=1, max_seq_length=-1):
        pass

    def train_dataloader(self):
        return Batches(load_file(self.path)["batches"])

    def val_dataloader(self):
        return DataLoader(list(load_file(self.path)["batches"][:1]), batch_size=None)
