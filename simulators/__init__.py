"""Wire-accurate simulated monitors, and the virtual patient behind them."""
