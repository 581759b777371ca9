package dynamo

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/shared/dynamo/schema"
)

func TestRowsAreCountedByKindUnlessTheyHaveExpired(t *testing.T) {
	engine, err := Start(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	if err := CreateTables(t.Context(), engine.Client(), Tables("")); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	put := func(key string, expires time.Duration) {
		t.Helper()
		item := map[string]types.AttributeValue{
			schema.PartitionKey: &types.AttributeValueMemberS{Value: key},
			schema.SortKey:      &types.AttributeValueMemberS{Value: "s"},
		}
		if expires != 0 {
			item[schema.TTL] = &types.AttributeValueMemberN{Value: fmt.Sprint(now.Add(expires).Unix())}
		} else {
			item["text"] = &types.AttributeValueMemberS{Value: strings.Repeat("x", 10_000)}
		}
		if _, err := engine.Client().PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String(schema.Realtime.ID), Item: item}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 300 { // of more than one page
		put(fmt.Sprintf("M#%03d", i), 0)
	}
	put("C#1", time.Hour)
	put("C#2", -time.Hour)
	got, err := CountRows(t.Context(), engine.Client(), schema.Realtime.ID, now)
	want := map[string]Rows{
		"M": {300, 300 * (len("pkM#000sks") + len("text") + 10_000)},
		"C": {1, len("pkC#1sksttl") + 10},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}
