"""Heads as people train them in Keras: dense layers on the pooled activations, by an optimizer.

A head is trained anew in each fold. The first inner fold is what it validates with and does not
train with; with early stopping the weights of the epoch with the lowest validation loss are kept.
The head of all photos has nothing left to validate with: it trains for the median of the epochs
that the folds kept.
"""

from dataclasses import dataclass
from statistics import median_low
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import TrainingSettings
from diamond_cutter.precompute.heads.feature_basis import Floats, standardisation, standardise
from diamond_cutter.precompute.heads.folds import Fold, Rows
from diamond_cutter.precompute.heads.head import (
    Dense,
    Head,
    HeadTask,
    class_weights,
    probabilities,
    scaled_layer,
)
from diamond_cutter.precompute.stores.study.study_layout import Curve

OPTIMIZERS = (
    *("adam", "adamw", "rmsprop", "sgd", "nadam"),
    *("adamax", "adagrad", "adadelta", "ftrl", "lion"),
)
"""The optimizers there are, by their names in Keras."""
RATE, LEAST_RATE, MOST_RATE = 4.0, 0.001, 0.1
"""Where no learning rate is given it is RATE over D, the features, and over the root of the steps
in an epoch, between these.

Adam moves each weight by about the rate, so that a step moves a logit by D times that; and few
photos make few steps. At the usual 0.001 and 50 epochs, heads of few features stop long before they
have learnt, and above 0.01 those of many photos or features never settle. Held-out photos right, of
450 of trash at three cuts of EfficientNet-Lite0, of 40, 112 and 1,280 features: 66, 75 and 80 %;
at 0.001 in 50 epochs 61, 70 and 80 %; by logistic regression 68, 78 and 85 %. Of 10,000 made-up
ones of 112 features, on which nothing was chosen: 96.8 %, and 97.0 %.
"""
KIN = ("adam", "adamw", "nadam", "adamax", "rmsprop")
"""The optimizers for which that holds: each weight's step is about the rate. Others get Keras's."""
STEPS = 64
"""Steps that TensorFlow takes before it comes back to Python, which costs more than a step."""


def train_keras(
    task: HeadTask, folds: list[Fold], settings: TrainingSettings, seed: int
) -> tuple[Floats, list[Head], list[Curve]]:
    """Train a head in each fold, and one with all photos.

    Returns the probabilities (N, K) float32 of held-out photos by their first view, NaN for
    photos that are never held out; the heads, last that of all photos; and a training curve for
    each fold.
    """
    trainer = _Trainer(task, settings)
    probability = np.full((len(task.labels), task.class_count), np.nan, np.float32)
    heads, curves = [], []
    for index, fold in enumerate(folds):
        train, validation = fold.inner[0] if fold.inner else (fold.train, fold.train[:0])
        head, history = trainer.train(train, validation, settings.epochs, [seed, index])
        probability[fold.test] = probabilities(head, task.features[fold.test, 0])
        heads.append(head)
        curves.append(_curve(index, history))
    epochs = median_low(curve.epoch + 1 for curve in curves)
    nothing = np.arange(0)
    head, _ = trainer.train(np.arange(len(task.labels)), nothing, epochs, [seed, len(folds)])
    return probability, [*heads, head], curves


@dataclass(frozen=True)
class _History:
    """The metrics of each epoch by Keras' names, and the epoch whose weights were kept."""

    metrics: dict[str, list[float]]
    epoch: int


class _Trainer:
    """One Keras model that is trained again and again, so that it is traced but once."""

    def __init__(self, task: HeadTask, settings: TrainingSettings) -> None:
        """Make and compile the model for the features of `task`."""
        from diamond_cutter.precompute.backbones.keras_runtime import keras

        self._task = task
        self._settings = settings
        layers: list[Any] = [keras.layers.Dense(task.class_count)]
        if settings.dropout:
            layers.insert(0, keras.layers.Dropout(settings.dropout, seed=0))
        if settings.hidden_units:
            layers.insert(0, keras.layers.Dense(settings.hidden_units, activation="relu"))
        self._model = keras.Sequential([keras.Input((task.features.shape[2],)), *layers])
        self._dense = [layer for layer in layers if isinstance(layer, keras.layers.Dense)]
        decay = settings.weight_decay or None
        config: dict[str, Any] = {"weight_decay": decay}
        if rate := _learning_rate(task, settings):
            config["learning_rate"] = rate
        optimizer = keras.optimizers.get({"class_name": settings.optimizer, "config": config})
        if decay:
            optimizer.exclude_from_weight_decay(var_names=["bias"])
        optimizer.build(self._model.trainable_variables)
        self._model.compile(
            optimizer=optimizer,
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"],
            steps_per_execution=STEPS,
            jit_compile=False,  # compiling would take longer than most heads take
        )
        variables = [*self._model.variables, *optimizer.variables]
        self._fresh = [(variable, variable.numpy().copy()) for variable in variables]

    def train(
        self, train: Rows, validation: Rows, epochs: int, seed: list[int]
    ) -> tuple[Head, _History]:
        """The head that the photos `train` give, and how it went."""
        from diamond_cutter.precompute.backbones.keras_runtime import keras

        self._reset(seed)
        rows = self._task.features[train].reshape(-1, self._task.features.shape[2])
        mean, spread = standardisation(rows)
        labels = np.repeat(self._task.labels[train], self._task.features.shape[1])
        weights = class_weights(self._task, train)[labels].astype(np.float32)
        scaled = standardise(rows, mean, spread)
        callbacks: list[Any] = [keras.callbacks.TerminateOnNaN()]
        stopping = None
        judged = None
        if len(validation):
            views = standardise(self._task.features[validation, 0], mean, spread)
            judged = self._batches(views, self._task.labels[validation])
            if self._settings.early_stopping:
                stopping = keras.callbacks.EarlyStopping(
                    "val_loss", patience=self._settings.early_stopping, restore_best_weights=True
                )
                callbacks.append(stopping)
        history = self._model.fit(
            self._batches(scaled, labels, weights, seed=seed),
            validation_data=judged,
            epochs=epochs,
            shuffle=False,  # the dataset is shuffled
            callbacks=callbacks,
            verbose=0,
        )
        if not np.isfinite(history.history["loss"]).all():
            raise UserError(
                "training: expected heads that learn, got one whose loss became infinite in epoch "
                f"{len(history.epoch)} of {epochs}, by {self._settings.optimizer} at a "
                f"learning_rate of {float(self._model.optimizer.learning_rate):g}; lower it"
            )
        return self._head(mean, spread), _History(
            history.history, stopping.best_epoch if stopping else epochs - 1
        )

    def _reset(self, seed: list[int]) -> None:
        """Forget all training; weights are drawn anew as Glorot & Bengio (2010) do."""
        for variable, value in self._fresh:
            variable.assign(value)
        generator = np.random.default_rng(seed)
        for layer in self._dense:
            inputs, outputs = layer.kernel.shape
            limit = np.sqrt(6 / (inputs + outputs))
            layer.kernel.assign(generator.uniform(-limit, limit, (inputs, outputs)))

    def _batches(self, *arrays: NDArray[Any], seed: list[int] | None = None) -> Any:
        """A `tf.data.Dataset` of the rows of `arrays`, in a new order each epoch if seeded."""
        from diamond_cutter.precompute.backbones.keras_runtime import tf

        data = tf.data.Dataset.from_tensor_slices(arrays)
        if seed is not None:
            number = int(np.random.default_rng([*seed, 1]).integers(1 << 31))
            data = data.shuffle(len(arrays[0]), seed=number)
        return data.batch(self._settings.batch_size)

    def _head(self, mean: NDArray[np.float64], spread: NDArray[np.float64]) -> Head:
        (weight, bias), *others = (layer.get_weights() for layer in self._dense)
        first = scaled_layer(weight, bias, mean, spread)
        return Head([first, *(Dense(weight, bias) for weight, bias in others)])


def _learning_rate(task: HeadTask, settings: TrainingSettings) -> float:
    """The rate that is given, or that suits the number of photos; 0: the optimizer's own."""
    if settings.learning_rate or settings.optimizer not in KIN:
        return settings.learning_rate
    steps = len(task.labels) * task.features.shape[1] / settings.batch_size
    rate: float = RATE / (task.features.shape[2] * max(steps, 1) ** 0.5)
    return min(max(rate, LEAST_RATE), MOST_RATE)


def _curve(fold: int, history: _History) -> Curve:
    metrics = {name: [float(value) for value in values] for name, values in history.metrics.items()}
    return Curve(
        fold=fold,
        epoch=history.epoch,
        loss=metrics["loss"],
        validation_loss=metrics.get("val_loss", []),
        accuracy=metrics["accuracy"],
        validation_accuracy=metrics.get("val_accuracy", []),
    )
