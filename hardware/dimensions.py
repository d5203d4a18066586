"""Every dimension of the microscope that another file needs, in mm unless its name says otherwise.

The origin is where the optical axis meets the smear: z points up along the axis, y to the back, x to the right.
Each group says where its numbers come from; "chosen" means by this design.
"""

from typing import Final

# --- objective: DIN 160 mm, 40x / 0.65 --------------------------------------------------------------------------

# ISO 8038 (RMS thread): 0.8 inch, 36 turns an inch, Whitworth form of 55 degrees.
RMS_MAJOR: Final = 20.32
RMS_PITCH: Final = 25.4 / 36
RMS_ANGLE_DEG: Final = 55.0
# Depth of the Whitworth form, 0.6403 of the pitch (BS 84).
RMS_DEPTH: Final = 0.6403 * RMS_PITCH
# Added to the diameter: printed bores come out narrow. OpenFlexure adds 0.6; see rms_gauge, which tries it.
RMS_ALLOWANCE: Final = 0.4
# Depth of thread in the holder; an objective's own is about 5.
RMS_LENGTH: Final = 6.0
# ISO 9345: shoulder to object, and the distance that goes with it from shoulder to primary image.
PARFOCAL: Final = 45.0
SHOULDER_TO_SENSOR: Final = 150.0
# Usual 40x/0.65 achromats; the data sheet of the one bought counts.
WORKING_DISTANCE: Final = 0.6
OBJECTIVE_DIAMETER: Final = 24.0
OBJECTIVE_NOSE_DIAMETER: Final = 9.0
# Between makers: within a set 0.02 to 0.05, between sets a few tenths (assumed).
PARFOCAL_TOLERANCE: Final = 0.3

# --- slide: ISO 8037-1 ------------------------------------------------------------------------------------------

SLIDE_LENGTH: Final = 76.0
SLIDE_WIDTH: Final = 26.0
SLIDE_THICKNESS: Final = 1.0
SLIDE_THINNEST: Final = 0.9
SLIDE_THICKEST: Final = 1.2
# ISO 8255-1: of number 1 1/2, on smears that are mounted.
COVER_GLASS: Final = 0.17

# --- cameras ----------------------------------------------------------------------------------------------------

# HQ camera (IMX477, C/CS): Raspberry Pi's mechanical drawing. The sensor is in the middle of the board.
HQ_BOARD: Final = 38.0
HQ_BOARD_THICKNESS: Final = 1.4
HQ_HOLES: Final = 30.0
HQ_HOLE_DIAMETER: Final = 2.5
HQ_RING_DIAMETER: Final = 36.0
HQ_RING_BORE: Final = 22.4
# The CS mount's own: front of the ring to sensor. The ring is set to HQ_RING_HEIGHT above the board.
HQ_FLANGE_TO_SENSOR: Final = 12.526
# Sensor above the board's front: OpenFlexure takes 1. Half a millimetre there costs 0.3 % of the magnification.
HQ_SENSOR_HEIGHT: Final = 1.0
HQ_RING_HEIGHT: Final = HQ_FLANGE_TO_SENSOR + HQ_SENSOR_HEIGHT

# Camera Module v2 (IMX219): Raspberry Pi's mechanical drawing; heights measured by others (J. Beale, OpenFlexure).
V2_BOARD_X: Final = 25.0
V2_BOARD_Y: Final = 23.862
V2_BOARD_THICKNESS: Final = 1.05
V2_HOLES_X: Final = 21.0
V2_HOLES_Y: Final = 12.5
V2_HOLE_DIAMETER: Final = 2.2
# From the sensor: the hole line beside it, and the board's edge with the ribbon.
V2_HOLE_LINE: Final = 0.1
V2_RIBBON_EDGE: Final = 9.462
V2_SENSOR_HEIGHT: Final = 2.0
V2_HOUSING: Final = 8.5
V2_HOUSING_HEIGHT: Final = 4.0

# --- light ------------------------------------------------------------------------------------------------------

# 5 mm LED (T-1 3/4), usual data sheets.
LED_DIAMETER: Final = 5.0
LED_RIM_DIAMETER: Final = 5.9
LED_RIM_HEIGHT: Final = 1.1
LED_LENGTH: Final = 8.7
# Chosen: the stop of 5 mm at 4.8 mm below the smear gives an illumination of NA 0.49, 0.75 of the objective's. All as
# close as the stage lets it: at five times the distances the light is 1/25, and too little (hardware.optics).
APERTURE_DISTANCE: Final = 4.8
APERTURE_THICKNESS: Final = 1.5
# Wide open; a smaller one for contrast; a pinhole to centre the light by. Below, each is wider: its upper edge limits.
APERTURE_FLARE: Final = 1.8
APERTURE_DIAMETERS: Final = {"open": 5.0, "contrast": 2.8, "pinhole": 1.2}
DIFFUSER_DIAMETER: Final = 10.0
DIFFUSER_THICKNESS: Final = 1.0
LED_TO_DIFFUSER: Final = 2.0

# --- panel ------------------------------------------------------------------------------------------------------

# Module name -> board x, y; holes x, y; hole diameter; visible glass x, y; its centre above the board's. Common modules
# differ by a millimetre: the window is wider than the picture (21.7 x 10.9 and 29.4 x 14.7).
OLED_BOARD: Final = {"oled096": (27.3, 27.8), "oled13": (35.4, 33.5)}
OLED_HOLES: Final = {"oled096": (23.5, 23.75), "oled13": (30.4, 28.5)}
OLED_WINDOW: Final = {"oled096": (25.0, 14.0), "oled13": (32.0, 17.5)}
OLED_WINDOW_UP: Final = {"oled096": 1.8, "oled13": 1.0}
# The glass stands on the board; the face's pads are as high.
OLED_GLASS: Final = 1.5
OLED_BOARD_THICKNESS: Final = 1.2
# 12 mm push button (PBS-33B): its thread passes.
BUTTON_HOLE: Final = 12.2
BUTTON_DEPTH: Final = 14.0

# --- Raspberry Pi 3 B+, 4 B, 5: mechanical drawings ---------------------------------------------------------------

PI_LENGTH: Final = 85.0
PI_WIDTH: Final = 56.0
PI_HOLES_X: Final = 58.0
PI_HOLES_Y: Final = 49.0
PI_HOLE_INSET: Final = 3.5
PI_HOLE_DIAMETER: Final = 2.7
PI_BOARD_THICKNESS: Final = 1.4
# Over the board: USB 16.4; the Pi 5's Active Cooler 13.7.
PI_HEIGHT: Final = 16.4
PI_USB_OVERHANG: Final = 3.3

# --- screws: ISO 4762, ISO 4017, ISO 4032, ISO 273 (normal) -------------------------------------------------------

# Nominal -> clearance hole; head's diameter and height; nut across flats and height.
HOLE: Final = {2.0: 2.4, 2.5: 2.9, 3.0: 3.4, 4.0: 4.5}
HEAD: Final = {2.0: (3.98, 2.0), 2.5: (4.68, 2.5), 3.0: (5.68, 3.0), 4.0: (7.22, 4.0)}
NUT: Final = {2.0: (4.0, 1.6), 2.5: (5.0, 2.0), 3.0: (5.5, 2.4), 4.0: (7.0, 3.2)}
# Added across a nut's flats and to its height, and to a head, for printing (chosen).
POCKET_ALLOWANCE: Final = 0.3

# --- printing (chosen: any printer with a 0.4 mm nozzle) ----------------------------------------------------------

BED: Final = (220.0, 220.0, 250.0)
LEAST_WALL: Final = 1.2
LEAST_CLEARANCE: Final = 0.15
LONGEST_BRIDGE: Final = 20.0
STEEPEST_OVERHANG_DEG: Final = 50.0
# A ledge of four printed lines holds itself: the ring around a screw's hole in a nut's pocket.
LONGEST_LEDGE: Final = 1.8
SLIDING_CLEARANCE: Final = 0.2

# --- heights along the axis (chosen, but for the first three) -----------------------------------------------------

SHOULDER_Z: Final = PARFOCAL
SENSOR_Z: Final = SHOULDER_Z + SHOULDER_TO_SENSOR
SLIDE_BOTTOM_Z: Final = -SLIDE_THICKNESS
STAGE_Z: Final = -3.0
STAGE_BOTTOM_Z: Final = -9.0
BASE_TOP_Z: Final = -75.0
BASE_BOTTOM_Z: Final = -123.0
TUBE_BOTTOM_Z: Final = 106.0
TUBE_TOP_Z: Final = 170.0
COLUMN_TOP_Z: Final = 140.0

# --- places across the axis (chosen) ------------------------------------------------------------------------------

COLUMN_FRONT_Y: Final = 88.0
COLUMN_BACK_Y: Final = 128.0
COLUMN_HALF_X: Final = 30.0
COLUMN_WALL: Final = 5.0
# Screws through the column's front wall, (x, z) each: into the stage's flange, the focus block and the tube's back.
STAGE_SCREWS: Final = ((-20.0, -20.0), (20.0, -20.0), (-20.0, -36.0), (20.0, -36.0))
FOCUS_SCREWS: Final = ((-12.0, 57.0), (12.0, 57.0), (-12.0, 84.0), (12.0, 84.0))
TUBE_SCREWS: Final = ((-21.4, 114.0), (21.4, 114.0), (-21.4, 132.0), (21.4, 132.0))
# Screws into the base's top, (x, y) each.
COLUMN_FOOT_SCREWS: Final = ((-38.0, 97.0), (38.0, 97.0), (-38.0, 120.0), (38.0, 120.0))
LAMP_SCREWS: Final = ((-29.0, 0.0), (29.0, 0.0))
POST_SCREWS: Final = ((-38.0, -34.0), (38.0, -34.0))
# The lamp may be shifted to centre the LED's image.
LAMP_PLAY: Final = 1.3

# --- stage --------------------------------------------------------------------------------------------------------

TRAVEL_X: Final = 15.0
TRAVEL_Y: Final = 6.0

# --- focus: two leaves carry the objective, a screw lifts it by a lever ---------------------------------------------

LEAF_LENGTH: Final = 50.0
LEAF_THICKNESS: Final = 1.2
LEAF_WIDTH: Final = 40.0
LEAF_FRONT_Y: Final = 18.0
# Height of the leaves' middle at the fixed block.
LEAF_Z: Final = (54.5, 76.5)
# How far the leaves are bent: from the lowest to the highest focus, and in the drawing, where a slide of 1 mm is sharp.
# Never zero, so that they always press the objective down on its lever. Below the nominal come thinner slides and
# shorter objectives.
LIFT_LOWEST: Final = 0.5
LIFT_NOMINAL: Final = 1.1
LIFT_HIGHEST: Final = 2.5
# Above the focus: there the knob rests on the wing, and the objective can be screwed out.
LIFT_CHANGE: Final = 3.3
# The stop holds the front lens this high above the smear of a slide of 1 mm: above the cover glass of the thickest
# slide, below the focus on the thinnest without one.
STOP_HEIGHT: Final = 0.43
FOCUS_SCREW_PITCH: Final = 0.5  # M3, ISO 261
FOCUS_SCREW_LENGTH: Final = 40.0
FOCUS_SCREW_XY: Final = (60.0, 24.0)
LEVER_PIVOT_XZ: Final = (9.0, 86.0)
# Height of the lever where the objective's carriage rests, and where the focus screw presses, at the nominal focus.
LEVER_LOAD_Z: Final = 90.0
LEVER_EFFORT_Z: Final = 95.0
# The screws' ends are rounded.
SCREW_TIP_RADIUS: Final = 1.45
# The knob's notches, one a step.
FOCUS_NOTCHES: Final = 50
