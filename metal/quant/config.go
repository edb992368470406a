package quant

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
)

// Config is a config.json.
type Config struct {
	values       map[string]json.RawMessage
	quantization map[string]json.RawMessage
	all          Format // of every tensor that has no entry of its own; without a type
}

// A config.json says less than this: models of a hundred thousand tensors have
// 10 MB.
const (
	mostConfig = 16 << 20
	mostDepth  = 64 // of objects and lists in each other
)

// depth is how deep objects and lists of a JSON text stand in each other.
func depth(data []byte) (deepest int) {
	at, quoted := 0, false
	for i := 0; i < len(data); i++ {
		switch b := data[i]; {
		case quoted && b == '\\':
			i++
		case b == '"':
			quoted = !quoted
		case quoted:
		case b == '{', b == '[':
			at++
			deepest = max(deepest, at)
		case b == '}', b == ']':
			at--
		}
	}
	return deepest
}

// parse reads the text of a config.json.
func (c *Config) parse(data []byte) error {
	if n := depth(data); n > mostDepth {
		return fmt.Errorf("config.json: %d objects and lists stand in each other, more than %d: it is no model's", n, mostDepth)
	}
	if err := json.Unmarshal(data, &c.values); err != nil {
		return fmt.Errorf("config.json: %w", err)
	}
	if err := c.decode("quantization", &c.quantization); err != nil {
		return err
	}
	if c.quantization == nil {
		return errors.New(`config.json has no "quantization": the model is not quantized by MLX; convert it with mlx_lm.convert -q`)
	}
	entry := stored{}
	if err := json.Unmarshal(c.values["quantization"], &entry); err != nil {
		return fmt.Errorf("config.json: quantization: %w", err)
	}
	for key, v := range map[string]*int{"bits": entry.Bits, "group_size": entry.Group} {
		if v == nil {
			return fmt.Errorf("config.json: quantization.%s: want a number", key)
		}
	}
	var err error
	if c.all, err = entry.format(); err != nil {
		return fmt.Errorf("config.json: %w", err)
	}
	return nil
}

// stored is what config.json says of all tensors, or of one.
type stored struct {
	Bits  *int    `json:"bits"`
	Group *int    `json:"group_size"`
	Mode  *string `json:"mode"`
}

// format fills in what MLX takes if it is not told.
func (s stored) format() (f Format, err error) {
	if s.Mode != nil {
		if f.Mode, err = ParseMode(*s.Mode); err != nil {
			return f, err
		}
	}
	f.Bits, f.Group = f.Mode.Usual()
	if s.Bits != nil {
		f.Bits = *s.Bits
	}
	if s.Group != nil {
		f.Group = *s.Group
	}
	return f, f.check()
}

// format is config.json's word on one tensor, without a type.
func (c *Config) format(prefix string) (Format, error) {
	own, ok := c.quantization[prefix]
	if !ok || string(own) == "true" {
		return c.all, nil
	}
	if string(own) == "false" {
		return Format{}, errors.New("config.json says that it is not quantized")
	}
	entry := stored{}
	if err := json.Unmarshal(own, &entry); err != nil {
		return Format{}, fmt.Errorf("config.json: its quantization: %w", err)
	}
	f, err := entry.format()
	if err != nil {
		return f, fmt.Errorf("config.json: its quantization: %w", err)
	}
	return f, nil
}

func (c *Config) decode(key string, into any) error {
	if raw, ok := c.values[key]; ok {
		if err := json.Unmarshal(raw, into); err != nil {
			return fmt.Errorf("config.json: %s: %w", key, err)
		}
	}
	return nil
}

// Decode reads the value of a key into what into points at, which stays as it is
// where there is none.
func (c *Config) Decode(key string, into any) error { return c.decode(key, into) }

// Text is the value of a key, empty if there is none.
func (c *Config) Text(key string) (text string, err error) {
	return text, c.decode(key, &text)
}

// Int is the value of a key, 0 if there is none. One that is there is at least 1.
func (c *Config) Int(key string) (int, error) {
	raw, ok := c.values[key]
	if !ok || string(raw) == "null" {
		return 0, nil
	}
	var n int32
	if err := json.Unmarshal(raw, &n); err != nil || n < 1 {
		return 0, fmt.Errorf("config.json: %s is %.40s, want a number from 1 to %d", key, raw, math.MaxInt32)
	}
	return int(n), nil
}
