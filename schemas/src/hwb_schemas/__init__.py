"""The contract of Hwb rollover: what every event, topic, calendar and register looks like."""
