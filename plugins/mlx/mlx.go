// Package mlx is the place of the plugin mlx, which is written in Python: README.md
// says what it measures and how it is installed. Only its tests are Go.
package mlx
