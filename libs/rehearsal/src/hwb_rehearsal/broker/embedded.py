"""librdkafka's built-in broker as a process of its own: for development only, see facts/kafka.md.

``python -m hwb_rehearsal.broker.embedded`` prints its address as its first line. Each line that it
then reads, ``<topic> <partitions>``, makes a topic and is answered by ``ok`` or by what is wrong.
It ends when its input does.
"""

import ctypes
import sys
from pathlib import Path

import confluent_kafka

RD_KAFKA_PRODUCER = 0
REPLICAS = 1
ERROR_BYTES = 512


def load_librdkafka() -> ctypes.CDLL:
    """The very library that confluent-kafka brings along, with the mock broker's signatures set."""
    beside = Path(confluent_kafka.__file__).parent
    found = [
        *beside.with_name("confluent_kafka.libs").glob("librdkafka*"),
        *(beside / ".dylibs").glob("librdkafka*"),
    ]
    library = ctypes.CDLL(str(found[0]) if found else "librdkafka.so.1")
    library.rd_kafka_conf_new.restype = ctypes.c_void_p
    library.rd_kafka_new.restype = ctypes.c_void_p
    library.rd_kafka_new.argtypes = [
        ctypes.c_int,
        ctypes.c_void_p,
        ctypes.c_char_p,
        ctypes.c_size_t,
    ]
    library.rd_kafka_mock_cluster_new.restype = ctypes.c_void_p
    library.rd_kafka_mock_cluster_new.argtypes = [ctypes.c_void_p, ctypes.c_int]
    library.rd_kafka_mock_cluster_bootstraps.restype = ctypes.c_char_p
    library.rd_kafka_mock_cluster_bootstraps.argtypes = [ctypes.c_void_p]
    library.rd_kafka_mock_topic_create.restype = ctypes.c_int
    library.rd_kafka_mock_topic_create.argtypes = [
        ctypes.c_void_p,
        ctypes.c_char_p,
        ctypes.c_int,
        ctypes.c_int,
    ]
    library.rd_kafka_err2str.restype = ctypes.c_char_p
    library.rd_kafka_err2str.argtypes = [ctypes.c_int]
    return library


def main() -> None:
    library = load_librdkafka()
    reason = ctypes.create_string_buffer(ERROR_BYTES)
    client = library.rd_kafka_new(
        RD_KAFKA_PRODUCER, library.rd_kafka_conf_new(), reason, ERROR_BYTES
    )
    if not client:
        sys.exit(f"librdkafka does not start: {reason.value.decode()}")
    cluster = library.rd_kafka_mock_cluster_new(client, 1)
    print(library.rd_kafka_mock_cluster_bootstraps(cluster).decode(), flush=True)  # noqa: T201 - its interface
    for line in sys.stdin:
        name, partitions = line.split()
        error = library.rd_kafka_mock_topic_create(
            cluster, name.encode(), int(partitions), REPLICAS
        )
        print(library.rd_kafka_err2str(error).decode() if error else "ok", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
