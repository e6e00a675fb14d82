"""What a visitor of the dashboard asks for, as locust plays it; see `benchmarks.load`.

Each opens the scalars page with the 12 cards that are in view, and goes on looking: zooms, goes to
other tags, looks at histograms and pictures, and asks every two seconds whether there is news.
"""

import random
from typing import Any
from urllib.parse import urlencode

from locust import FastHttpUser, between, task

CARDS = 12


class Visitor(FastHttpUser):
    """Somebody at a browser; what is asked for alike goes by one name."""

    wait_time = between(0.5, 1.5)

    def on_start(self) -> None:
        """Open the page."""
        self.client.get("/scalars", name="page")
        self.index = self.told("/api/scalars/tags", "tags")
        self.histograms = self.told("/api/histograms/tags", "tags")["tags"]
        self.pictures = self.told("/api/images/tags", "tags")["tags"]
        for tag in self.index["tags"][:CARDS]:
            self.curves(tag)

    def ask(self, address: str, name: str, **query: Any) -> Any:
        """The answer, not unpacked: this process shall not be what takes long."""
        return self.client.get(f"{address}?{urlencode(query, doseq=True)}", name=name)

    def told(self, address: str, name: str, **query: Any) -> Any:
        return self.ask(address, name, **query).json()

    def curves(self, tag: Any, **more: Any) -> None:
        query = {"tag": tag["tag"], "run": tag["runs"], "smoothing": 0.6, "points": 600}
        self.ask("/api/scalars/curves", "curves", **query, **more)

    @task(6)
    def other_card(self) -> None:
        self.curves(random.choice(self.index["tags"]))

    @task(4)
    def zoom(self) -> None:
        low = random.randrange(1500)
        self.curves(random.choice(self.index["tags"]), low=low, high=low + 300)

    @task(5)
    def news(self) -> None:
        self.client.get("/api/generation", name="generation")

    @task(2)
    def histogram(self) -> None:
        tag = random.choice(self.histograms)
        self.ask("/api/histograms/bins", "histograms", tag=tag["tag"], run=tag["runs"][0])

    @task(2)
    def picture(self) -> None:
        tag = random.choice(self.pictures)
        query = {"tag": tag["tag"], "run": tag["runs"][0]}
        points = self.told("/api/images/points", "points", **query)
        query["index"] = random.choice(points["index"])
        self.ask("/api/images/picture", "picture", **query)

    @task(1)
    def alerts(self) -> None:
        self.client.get("/api/scalars/summary", name="summary")
