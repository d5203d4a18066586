"""How the device's reading is measured on real and rendered fields.

Never installed on the device: the commands are `models.measure_reading` and `models.measure_focus`.
"""
