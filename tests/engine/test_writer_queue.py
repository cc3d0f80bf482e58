"""The queue by itself: order, time limits, and holders that die."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from erp_site.shared.sqlite.queue import QueueTimeout, WriterQueue, forget

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def place(tmp_path):
    return str(tmp_path / "db.queue")


def test_turns_come_in_the_order_of_arrival(place):
    holder, order, threads = WriterQueue(place, 5), [], []
    holder.enter()

    def wait(number: int) -> None:
        with WriterQueue(place, 5):
            order.append(number)

    for number in range(12):
        thread = threading.Thread(target=wait, args=(number,))
        thread.start()
        threads.append(thread)
        time.sleep(0.02)  # so that they really arrive one after another
    holder.leave()
    for thread in threads:
        thread.join()
    assert order == list(range(12))


def test_only_one_has_its_turn_at_a_time(place):
    inside, seen = [], []

    def work() -> None:
        queue = WriterQueue(place, 10)
        for _ in range(40):
            with queue:
                inside.append(1)
                seen.append(len(inside))
                time.sleep(0)
                inside.pop()
        queue.close()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 240 and set(seen) == {1}


def test_entering_twice_is_entering_once(place):
    queue = WriterQueue(place, 0.1)
    queue.enter()
    queue.enter()
    queue.leave()
    with WriterQueue(place, 0.1) as other:
        assert other.held
    queue.leave()  # nothing held: nothing happens


def test_waiting_ends_and_does_not_hold_up_those_behind(place):
    holder, impatient = WriterQueue(place, 5), WriterQueue(place, 0.1)
    holder.enter()
    with pytest.raises(QueueTimeout):
        impatient.enter()
    assert not impatient.held
    holder.leave()
    with WriterQueue(place, 1) as next_one:
        assert next_one.held


@pytest.mark.parametrize("moment", ["holding", "waiting"])
def test_a_killed_process_leaves_the_queue(place, moment):
    code = f"""
import time
from erp_site.shared.sqlite.queue import WriterQueue
queue = WriterQueue({place!r}, 60)
print("ready", flush=True)
queue.enter()
print("holding", flush=True)
time.sleep(60)
"""
    first = WriterQueue(place, 5)
    if moment == "waiting":
        first.enter()
    child = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert child.stdout.readline() == "ready\n"
    if moment == "holding":
        assert child.stdout.readline() == "holding\n"
    else:
        time.sleep(0.2)
    child.send_signal(signal.SIGKILL)
    child.wait()
    first.leave()
    with WriterQueue(place, 1) as survivor:
        assert survivor.held


def test_a_forked_child_does_not_give_its_parent_s_turn_away(place):
    queue = WriterQueue(place, 1)
    queue.enter()
    child = os.fork()
    if child == 0:
        queue.close()
        os._exit(0)
    os.waitpid(child, 0)
    with pytest.raises(QueueTimeout):
        WriterQueue(place, 0.1).enter()
    queue.leave()
    WriterQueue(place, 0.1).enter()


def test_a_deleted_queue_file_is_made_again(place):
    with WriterQueue(place, 1):
        pass
    forget(place)
    forget(place)
    with WriterQueue(place, 1) as queue:
        assert queue.held and os.path.getsize(place) == 16


def test_an_unusable_file_is_an_os_error(tmp_path):
    with pytest.raises(OSError):
        WriterQueue(str(tmp_path / "absent" / "db.queue"), 1).enter()
