"""The engine: cloth, rendering and export stages over a small core of plain values."""
