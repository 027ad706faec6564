"""The journeys over separate processes; a package, so that its one year ends with its tests."""
