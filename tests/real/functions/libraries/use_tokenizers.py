"""A tokenizer of Hugging Face, trained once, that reads texts in parallel."""

import functools
import os

os.environ["TOKENIZERS_PARALLELISM"] = "true"

from serving import serve
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

TEXTS = [f"order {index} of tea and {index * 7} cups for Ada in room {index % 13}" for index in range(300)]


@functools.cache
def trained():
    """The tokenizer, made when it is first asked for."""
    tokenizer = Tokenizer(models.BPE(unk_token="?"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    trainer = trainers.BpeTrainer(vocab_size=200, special_tokens=["?"], show_progress=False)
    tokenizer.train_from_iterator(TEXTS, trainer)
    return tokenizer


def use(number):
    encoded = trained().encode_batch([f"{text} for {number}" for text in TEXTS])
    decoded = trained().decode(encoded[number % 100].ids)
    return {"length": sum(len(one.ids) for one in encoded), "text": decoded.replace(" ", "")}


handler = serve(use, threads=True)
