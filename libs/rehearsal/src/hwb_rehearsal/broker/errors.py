"""What can go wrong before the first event is sent."""


class BrokerError(Exception):
    """No broker could be had in the way that was asked for: the message says why.

    Name another way with ``HWB_KAFKA=docker|java|embedded|<address>``, or leave it out so that the
    best one of this machine is taken.
    """
