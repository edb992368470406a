package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/assay-bench/assay/core/sdk"
)

// negotiate finds by small requests what the server understands: the api, a
// model's name if it wants one, and the fields beyond the protocol's core. A
// model is not named unless it must be: mlx_lm.server loads another model than
// its own by name, and lists all that are on the machine.
func (x *configuration) negotiate(ctx context.Context) error {
	apis := []string{completions, chat}
	switch {
	case x.API != "":
		apis = []string{x.API}
	case slices.ContainsFunc(x.prompts, func(p prompt) bool { return p.messages != nil }):
		apis = []string{chat}
	}
	refusals, err := x.tryAll(ctx, apis, x.Model)
	if err == nil || x.Model != "" || !errors.As(err, new(sdk.Diagnostic)) {
		return err
	}
	models, listErr := x.models(ctx)
	if listErr != nil || len(models) == 0 {
		return err
	}
	if len(models) > 1 {
		return fault("model", "which_model", "the server wants a model's name",
			fmt.Sprintf("It has %s. %s", escaped(strings.Join(models[:min(len(models), 10)], ", ")), refusals))
	}
	_, err = x.tryAll(ctx, apis, models[0])
	return err
}

// tryAll keeps the first dialect that gets an answer. Refusals are the
// server's own words against the others.
func (x *configuration) tryAll(ctx context.Context, apis []string, model string) (refusals string, err error) {
	var said []string
	for _, api := range apis {
		for _, d := range []dialect{
			{api: api, model: model, streamOptions: true, cachePrompt: true},
			{api: api, model: model, streamOptions: true},
			{api: api, model: model},
		} {
			x.dialect = d
			err := x.greet(ctx)
			if err == nil {
				return "", nil
			}
			var refusal *serverError
			if !errors.As(err, &refusal) {
				return "", err
			}
			if d.cachePrompt {
				said = append(said, d.path()+": "+refusal.Error())
			}
			if refusal.code != 400 && refusal.code != 422 {
				break // not for a field
			}
		}
	}
	refusals = strings.Join(said, "; ")
	return refusals, fault("", "refused", "the server answers no request", refusals)
}

// greet asks for one token with every field that the dialect has.
func (x *configuration) greet(ctx context.Context) error {
	hello := prompt{text: "Hello"}
	a, err := x.ask(ctx, &hello, asking{tokens: 1, stream: true, key: x.nextKey()})
	var refusal *serverError
	switch {
	case err == nil:
		x.served, x.print = a.model, a.print
		return nil
	case errors.As(err, new(*url.Error)):
		return x.unreached(err)
	case !errors.As(err, &refusal):
		return x.refused(err, "a first request")
	case refusal.code == 401 || refusal.code == 403:
		return fault("api_key_env", "key_refused", "the server wants an API key",
			fmt.Sprintf("%v. Write the name of the environment variable that holds it: api_key_env = \"…\"", err))
	case refusal.code == 503 || refusal.code == 502 || refusal.code == 504 || refusal.code == 429:
		return notYet{err}
	}
	return err
}

// models lists the names that the server has.
func (x *configuration) models(ctx context.Context) ([]string, error) {
	_, body, err := x.client.get(ctx, "/v1/models")
	if err != nil {
		return nil, err
	}
	var list struct {
		Data []struct {
			ID string `json:"id"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, fmt.Errorf("/v1/models: %w", err)
	}
	var names []string
	for _, m := range list.Data {
		if m.ID != "" {
			names = append(names, m.ID)
		}
	}
	return names, nil
}
