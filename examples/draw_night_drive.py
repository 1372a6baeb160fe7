"""Draw night-drive.png, the picture in night-drive.md: `python examples/draw_night_drive.py`.

A straight moor road at night from a right-hand driver's seat, drawn in linear light as sums of soft spots and then
gamma-encoded. Nothing is random, so the same library versions give the same bytes.
"""

from pathlib import Path

import numpy as np
from PIL import Image

WIDTH, HEIGHT, HORIZON_Y, VANISH_X = 1200, 750, 318.0, 600.0
FOCAL_PX, EYE_HEIGHT_M = 900.0, 1.2
CENTRE_LINE_M, LEFT_EDGE_M, RIGHT_EDGE_M = 1.5, -2.2, 5.2  # sideways from the driver, who keeps left
FIRST_STUD_M, STUD_SPACING_M, STUDS = 4.7, 4.5, 30
DIAL_X, DIAL_Y, DIAL_RADIUS_PX = 760.0, 786.0, 112.0

Y, X = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float64)


def soft_step(values: np.ndarray, width: float) -> np.ndarray:
    """0 below zero, 1 above, smooth over `width`."""
    return 1.0 / (1.0 + np.exp(-np.clip(values / width, -40, 40)))


def spot(x: float, y: float, radius_px: float, halo: float = 0.05) -> np.ndarray:
    """A point of light: a round core and a faint halo four times as wide."""
    r2 = ((X - x) ** 2 + (Y - y) ** 2) / radius_px**2
    return np.exp(-r2) + halo * np.exp(-np.sqrt(r2) / 4)


def paint(picture: np.ndarray, light: np.ndarray, colour: tuple[float, float, float]) -> None:
    """Add `light` (height, width) in `colour` (linear RGB) to the picture."""
    picture += light[..., None] * np.array(colour)


def draw() -> np.ndarray:
    """Return the picture, float64 (height, width, 3), linear light; 1 is white and may be exceeded."""
    picture = np.zeros((HEIGHT, WIDTH, 3))
    ridge_y = HORIZON_Y - 16 - 14 * np.sin(X / 210 + 0.6) - 9 * np.sin(X / 97 + 2.0) - 30 * ((X - 600) / 600) ** 2
    sky = soft_step(ridge_y - Y, 0.7)
    paint(picture, sky * np.exp((Y - HORIZON_Y) / 110), (0.016, 0.034, 0.060))
    paint(picture, sky, (0.0022, 0.0042, 0.0095))

    depth_m = FOCAL_PX * EYE_HEIGHT_M / np.maximum(Y - HORIZON_Y, 0.5)
    aside_m = (X - VANISH_X) * depth_m / FOCAL_PX
    beam = np.exp(-(((aside_m - 0.2) / 3.2) ** 2) - depth_m / 24) * (1 - np.exp(-((depth_m / 5.5) ** 2)))
    road = soft_step(aside_m - LEFT_EDGE_M, 0.04) * soft_step(RIGHT_EDGE_M - aside_m, 0.04)
    paint(picture, beam * (0.35 + 0.65 * road), (0.082, 0.076, 0.062))
    paint(picture, beam * np.exp(-(((aside_m - LEFT_EDGE_M - 0.25) / 0.05) ** 2)), (0.30, 0.29, 0.25))
    paint(picture, 1 - sky, (0.0012, 0.0017, 0.0026))

    for stud in range(STUDS):
        distance_m = FIRST_STUD_M + stud * STUD_SPACING_M
        scale = FOCAL_PX / distance_m
        for x_m in (CENTRE_LINE_M - 0.055, CENTRE_LINE_M + 0.055):
            light = spot(VANISH_X + x_m * scale, HORIZON_Y + EYE_HEIGHT_M * scale, 0.65 + 21 / distance_m)
            paint(picture, 1.1 * np.exp(-distance_m / 55) * light, (1.0, 0.97, 0.86))

    for x, y in ((206, 312), (224, 312), (247, 312), (224, 301)):
        paint(picture, 0.9 * spot(x, y, 2.2, 0.03), (1.0, 0.62, 0.16))
    paint(picture, spot(905, 196, 2.6, 0.06), (1.0, 0.07, 0.04))
    brow_y = 655 - 34 * np.exp(-(((X - DIAL_X) / 250) ** 4)) + 12 * ((X - 600) / 600) ** 2
    picture *= soft_step(brow_y - Y, 0.8)[..., None]
    paint(picture, 0.03 * np.exp(-(((X - DIAL_X) / 230) ** 2) - np.abs(Y - brow_y - 2) / 1.6), (0.3, 0.8, 0.5))
    radius, turn = np.hypot(X - DIAL_X, Y - DIAL_Y), np.arctan2(X - DIAL_X, DIAL_Y - Y)
    off_rim_px, off_tick_px = np.abs(radius - DIAL_RADIUS_PX), np.abs((turn / 0.16 + 0.5) % 1 - 0.5) * 0.16 * radius
    paint(picture, np.exp(-off_rim_px / 20) * soft_step(Y - brow_y - 14, 6), (0.010, 0.034, 0.020))
    paint(picture, soft_step(1.4 - off_tick_px, 0.4) * soft_step(9 - off_rim_px, 0.7), (0.10, 0.36, 0.20))
    needle = soft_step(1.6 - np.abs(turn + 0.24) * radius, 0.4) * soft_step(DIAL_RADIUS_PX - 16 - radius, 0.7)
    paint(picture, needle, (0.55, 0.16, 0.02))
    return picture


if __name__ == "__main__":
    encoded = np.clip(draw(), 0, 1) ** (1 / 2.2)
    dither = np.tile([[0.125, 0.625], [0.875, 0.375]], (HEIGHT // 2, WIDTH // 2))
    rounding = np.where(Y < HORIZON_Y, dither, 0.5)  # a dark sky shows bands without it; the ground only grows the file
    pixels = np.floor(encoded * 255 + rounding[..., None]).clip(0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(Path(__file__).with_name("night-drive.png"), optimize=True)
