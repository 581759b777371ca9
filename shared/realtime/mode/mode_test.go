package mode

import (
	"encoding"
	"flag"
	"io"
	"testing"
)

// setting is what flag.TextVar takes.
type setting interface {
	encoding.TextMarshaler
	encoding.TextUnmarshaler
}

func TestEverySettingReadsItsWordsAndNamesThemForOthers(t *testing.T) {
	for _, c := range []struct {
		new   func() setting
		words []string
		must  string
	}{
		{func() setting { return new(Dispatch) }, []string{"concurrent", "serial"}, "must be concurrent or serial"},
		{func() setting { return new(RouteResponse) }, []string{"every", "filled"}, "must be every or filled"},
		{func() setting { return new(Presence) }, []string{"watchers", "everyone", "off"}, "must be watchers, everyone or off"},
		{func() setting { return new(Heartbeat) }, []string{"alternate", "ping", "noop"}, "must be alternate, ping or noop"},
	} {
		for _, word := range append(c.words, "") {
			v := c.new()
			err := v.UnmarshalText([]byte(word))
			if text, _ := v.MarshalText(); err != nil || string(text) != word {
				t.Errorf("%T: %q is read as %q, %v", v, word, text, err)
			}
		}
		v := c.new()
		_ = v.UnmarshalText([]byte(c.words[1]))
		if err := v.UnmarshalText([]byte("Other")); err == nil || err.Error() != c.must {
			t.Errorf("%T: %v, want %s", v, err, c.must)
		}
		if text, _ := v.MarshalText(); string(text) != c.words[1] {
			t.Errorf("%T: an error leaves %q", v, text)
		}
	}
}

func TestAFlagTakesASetting(t *testing.T) {
	flags := flag.NewFlagSet("", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	heartbeat := Noop
	flags.TextVar(&heartbeat, "heartbeat", Alternate, "")
	if heartbeat != Alternate {
		t.Errorf("the default is %q", heartbeat)
	}
	err := flags.Parse([]string{"-heartbeat", "loud"})
	if want := `invalid value "loud" for flag -heartbeat: must be alternate, ping or noop`; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	if err := flags.Parse([]string{"-heartbeat", "ping"}); err != nil || heartbeat != Ping {
		t.Errorf("%q, %v", heartbeat, err)
	}
}
