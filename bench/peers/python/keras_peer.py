"""Keras on TensorFlow's CPU: Embedding, LSTM, GRU or SimpleRNN, Dense; the training step and the sampling step each one tf.function."""

import math
import os

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"

import keras
import tensorflow as tf
from data import drawer, encode, windows_of
from protocol import serve


def training(workload: dict, ids, vocab_size: int):
    """A step of training: random windows from a zero state, mean cross-entropy, backward, Adam, the loss read back."""
    layers = keras.layers
    layer = {"lstm": layers.LSTM, "gru": layers.GRU, "rnn": layers.SimpleRNN}[workload["cell"]]
    model = keras.Sequential(
        [
            keras.Input((workload["seqLength"],), batch_size=workload["batchSize"], dtype="int64"),
            layers.Embedding(vocab_size, workload["embeddingSize"]),
            layer(workload["hiddenSize"], return_sequences=True),
            layers.Dense(vocab_size),
        ]
    )
    optimizer = keras.optimizers.Adam(1e-3)
    optimizer.build(model.trainable_variables)

    @tf.function(jit_compile=False)
    def train_step(inputs, targets):
        with tf.GradientTape() as tape:
            logits = model(inputs, training=True)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=targets, logits=logits)
            loss = tf.reduce_mean(losses)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return loss

    windows = windows_of(ids, workload["batchSize"], workload["seqLength"])

    def step() -> int:
        inputs, targets = windows()
        if not math.isfinite(float(train_step(tf.constant(inputs), tf.constant(targets)))):
            raise RuntimeError("its loss is no finite number")
        return inputs.size

    return step


def sampling(workload: dict, vocab_size: int):
    """One symbol for each row."""
    rows, hidden_size = workload["batchSize"], workload["hiddenSize"]
    embedding = keras.layers.Embedding(vocab_size, workload["embeddingSize"])
    cell = keras.layers.LSTMCell(hidden_size)
    dense = keras.layers.Dense(vocab_size)

    @tf.function(jit_compile=False)
    def forward(symbols, h, c):
        output, (next_h, next_c) = cell(embedding(symbols), [h, c])
        return dense(output), next_h, next_c

    draw = drawer(rows)
    symbols = tf.zeros([rows], dtype=tf.int64)
    h = c = tf.zeros([rows, hidden_size])

    def step() -> int:
        nonlocal symbols, h, c
        logits, h, c = forward(symbols, h, c)
        symbols = tf.constant(draw(logits.numpy()))
        return rows

    return step


def prepare(job: dict, text: str):
    """The versions, and the step."""
    tf.config.threading.set_intra_op_parallelism_threads(job["threads"])
    tf.config.threading.set_inter_op_parallelism_threads(job["threads"])
    keras.utils.set_random_seed(1)
    ids, vocab_size = encode(text)
    workload = job["workload"]
    is_training = workload["kind"] == "train"
    step = training(workload, ids, vocab_size) if is_training else sampling(workload, vocab_size)
    return f"{keras.__version__}, TensorFlow {tf.__version__}", step


serve(prepare)
