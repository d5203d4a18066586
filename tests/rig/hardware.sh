#!/bin/sh
# Gives this machine what a Pi has, before the appliance starts: a GPIO chip whose lines can be pulled, an I2C bus with a
# device at the OLED's address, a camera.
set -eu

modprobe gpio-sim
gpio=/sys/kernel/config/gpio-sim/rig
mountpoint -q /sys/kernel/config || mount -t configfs none /sys/kernel/config
mkdir -p "$gpio/bank"
echo 28 >"$gpio/bank/num_lines"
echo pinctrl-bcm2835 >"$gpio/bank/label"
echo 1 >"$gpio/live"
# The button's line is pulled up, as by the Pi itself.
for pull in /sys/devices/platform/gpio-sim.*/gpiochip*/sim_gpio27/pull; do echo pull-up >"$pull"; done

modprobe i2c-dev
modprobe i2c-stub chip_addr=0x3c
modprobe vimc
# picamera2 asks for its buffers by the name that a Pi's kernel gives them.
ln -sf system /dev/dma_heap/linux,cma
udevadm trigger --subsystem-match=dma_heap --subsystem-match=gpio --subsystem-match=i2c-dev
udevadm settle

for adapter in /sys/class/i2c-dev/i2c-*; do
  if grep -q "SMBus stub" "$adapter/name"; then
    sed -i "s/^i2c_bus = .*/i2c_bus = ${adapter##*-}/" /etc/leukoscope/leukoscope.toml
  fi
done
# gpiozero asks which Pi this is.
printf 'processor\t: 0\nRevision\t: c03115\nModel\t\t: Raspberry Pi 4 Model B Rev 1.5\n' >/run/cpuinfo

# Records everything that crosses the bus to the OLED, and every change of a line, with its time.
cd /sys/kernel/tracing
echo 16384 >buffer_size_kb
echo 'addr == 0x3c' >events/smbus/smbus_write/filter
echo 1 >events/smbus/smbus_write/enable
echo 1 >events/gpio/gpio_value/enable
