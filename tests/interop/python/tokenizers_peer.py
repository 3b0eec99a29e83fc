"""Python's side of tokenizers_test.ts. Needs `tokenizers`.

    tokenizers_peer.py make FOLDER TEXTS.jsonl
        trains FOLDER/KIND/tokenizer.json of the kinds that models come with
    tokenizers_peer.py encode TOKENIZER_JSON TEXTS.jsonl IDS.bin DECODED.jsonl
        one text a line: its ids, each list with its length before it (int32),
        and what they decode to
    tokenizers_peer.py decode TOKENIZER_JSON IDS.bin DECODED.jsonl
        what lists of ids decode to
"""

import array
import json
import sys
from pathlib import Path

from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

LLAMA3_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN2_SPLIT = LLAMA3_SPLIT.replace(r"\p{N}{1,3}", r"\p{N}")
VOCAB_SIZE = 4000


def special(*contents):
    return [AddedToken(content, special=True, normalized=False) for content in contents]


def begin_with(tokenizer, token):
    return processors.TemplateProcessing(
        single=f"{token} $A",
        special_tokens=[(token, tokenizer.token_to_id(token))],
    )


def sentencepiece(texts):
    """BPE of characters with a fallback to bytes: Llama 1 and 2, Mistral, Mixtral."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    # Words for the training alone: the models take a text as one word.
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCAB_SIZE,
        special_tokens=special("<unk>", "<s>", "</s>")
        + [f"<0x{byte:02X}>" for byte in range(256)]
        # Their vocabularies have runs of spaces, which words do not teach.
        + ["\u2581" * length for length in range(2, 17)],
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    data = json.loads(tokenizer.to_str())
    data["added_tokens"] = data["added_tokens"][:3]
    data["model"]["merges"] = [
        ["\u2581" * left, "\u2581" * right]
        for left, right in ((1, 1), (2, 2), (4, 4), (8, 8), (2, 1), (4, 1), (4, 2), (4, 3))
    ] + data["model"]["merges"]
    data["pre_tokenizer"] = None
    tokenizer = Tokenizer.from_str(json.dumps(data))
    tokenizer.post_processor = begin_with(tokenizer, "<s>")
    tokenizer.decoder = decoders.Sequence([
        decoders.Replace("\u2581", " "),
        decoders.ByteFallback(),
        decoders.Fuse(),
        decoders.Strip(content=" ", left=1, right=0),
    ])
    return tokenizer


def llama2(texts):
    tokenizer = sentencepiece(texts)
    tokenizer.normalizer = normalizers.Sequence([
        normalizers.Prepend("\u2581"),
        normalizers.Replace(" ", "\u2581"),
    ])
    return tokenizer, "<s>", "</s>", "LlamaTokenizer"


def mixtral(texts):
    tokenizer = sentencepiece(texts)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(
        replacement="\u2581", prepend_scheme="first", split=False
    )
    tokenizer.add_special_tokens(special("[INST]", "[/INST]"))
    return tokenizer, "<s>", "</s>", "LlamaTokenizer"


def byte_level(texts, pre_tokenizer, normalizer=None):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizer
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCAB_SIZE,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def split(pattern):
    return pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(pattern), "isolated", invert=False),
        pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=True, use_regex=False),
    ])


def llama3(texts):
    tokenizer = byte_level(texts, split(LLAMA3_SPLIT))
    tokenizer.add_special_tokens(
        special("<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>", "<|reserved_special_token_0|>")
    )
    # Words that are tokens are taken as they are, whatever the merges give.
    data = json.loads(tokenizer.to_str())
    data["model"]["ignore_merges"] = True
    known = data["model"]["vocab"]
    data["model"]["merges"] = data["model"]["merges"][: len(data["model"]["merges"]) - 200]
    assert all(value < len(known) for value in known.values())
    tokenizer = Tokenizer.from_str(json.dumps(data))
    tokenizer.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=True),
        begin_with(tokenizer, "<|begin_of_text|>"),
    ])
    return tokenizer, "<|begin_of_text|>", "<|end_of_text|>", "PreTrainedTokenizerFast"


def gpt2(texts):
    tokenizer = byte_level(texts, pre_tokenizers.ByteLevel(add_prefix_space=False))
    tokenizer.add_special_tokens([AddedToken("<|endoftext|>", special=True, normalized=True)])
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    return tokenizer, "<|endoftext|>", "<|endoftext|>", "GPT2Tokenizer"


def qwen2(texts):
    tokenizer = byte_level(texts, split(QWEN2_SPLIT), normalizers.NFC())
    tokenizer.add_special_tokens(special("<|endoftext|>", "<|im_start|>", "<|im_end|>"))
    tokenizer.add_tokens([
        AddedToken("<tool_call>", special=False, normalized=False),
        AddedToken("</tool_call>", special=False, normalized=False),
    ])
    return tokenizer, None, "<|endoftext|>", "Qwen2Tokenizer"


def make(folder, texts_path):
    texts = read_lines(texts_path)
    for kind in (llama2, mixtral, llama3, gpt2, qwen2):
        tokenizer, bos, eos, tokenizer_class = kind(texts)
        target = Path(folder) / kind.__name__
        target.mkdir(parents=True)
        tokenizer.save(str(target / "tokenizer.json"))
        config = {"bos_token": bos, "eos_token": eos, "tokenizer_class": tokenizer_class}
        (target / "tokenizer_config.json").write_text(json.dumps(config))


def encode(tokenizer_json, texts_path, ids_path, decoded_path):
    tokenizer = Tokenizer.from_file(tokenizer_json)
    texts = read_lines(texts_path)
    lists = [encoding.ids for encoding in tokenizer.encode_batch(texts)]
    with open(ids_path, "wb") as output:
        for ids in lists:
            array.array("i", [len(ids), *ids]).tofile(output)
    write_lines(decoded_path, tokenizer.decode_batch(lists))


def decode(tokenizer_json, ids_path, decoded_path):
    tokenizer = Tokenizer.from_file(tokenizer_json)
    flat = array.array("i", Path(ids_path).read_bytes())
    lists, place = [], 0
    while place < len(flat):
        length = flat[place]
        lists.append(list(flat[place + 1 : place + 1 + length]))
        place += 1 + length
    write_lines(decoded_path, tokenizer.decode_batch(lists))


def read_lines(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def write_lines(path, texts):
    with open(path, "w", encoding="utf-8") as output:
        for text in texts:
            output.write(json.dumps(text) + "\n")


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    {"make": make, "encode": encode, "decode": decode}[command](*arguments)
