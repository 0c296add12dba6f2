"""The classic Keras program for text. main.mjs is the same with mynah."""

import keras
import numpy as np

NAMES = open("names.txt", encoding="utf-8").read().split()

# Every name as numbers, with an end; 0 is the padding.
symbols = sorted(set("".join(NAMES)))
number = {symbol: i + 2 for i, symbol in enumerate(symbols)}
END = 1
sequences = [[number[symbol] for symbol in name] + [END] for name in NAMES]
vocabulary = len(symbols) + 2

# What comes next is to be foreseen at every place: the inputs are the targets, one place later.
targets = keras.utils.pad_sequences(sequences, padding="post")
inputs = np.concatenate([np.full_like(targets[:, :1], END), targets[:, :-1]], axis=1)
one_hot = keras.utils.to_categorical(targets, num_classes=vocabulary)

model = keras.Sequential(
    [
        keras.layers.Embedding(vocabulary, 32, mask_zero=True),
        keras.layers.LSTM(128, return_sequences=True),
        keras.layers.Dense(vocabulary, activation="softmax"),
    ]
)
model.compile(
    optimizer=keras.optimizers.Adam(learning_rate=0.003),
    loss="categorical_crossentropy",
    metrics=["accuracy"],
)
model.fit(inputs, one_hot, batch_size=32, epochs=5, validation_split=0.1)
