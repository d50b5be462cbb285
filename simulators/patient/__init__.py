"""The virtual patient: drug model, gas exchange, haemodynamics, consciousness."""
