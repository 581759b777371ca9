package dynamo

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/confab-chat/confab/shared/dynamo/schema"
)

// Rows are the rows of one kind: how many, and the bytes of their attributes.
type Rows struct {
	Count int `json:"count"`
	Bytes int `json:"bytes"`
}

// CountRows counts the rows of a table that have not expired, by their kind, which is what stands
// before the first "#" of the partition key. It scans, so it is for tools.
func CountRows(ctx context.Context, client *dynamodb.Client, name string, now time.Time) (map[string]Rows, error) {
	kinds := map[string]Rows{}
	pages := dynamodb.NewScanPaginator(client, &dynamodb.ScanInput{TableName: aws.String(name)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("count the rows of %s: %w", name, err)
		}
		for _, item := range page.Items {
			if hasExpired(item, now) {
				continue
			}
			key, _ := item[schema.PartitionKey].(*types.AttributeValueMemberS)
			kind, _, _ := strings.Cut(key.Value, "#")
			rows := kinds[kind]
			rows.Count++
			for attribute, value := range item {
				rows.Bytes += len(attribute) + sizeOf(value)
			}
			kinds[kind] = rows
		}
	}
	return kinds, nil
}

// Items returns up to so many items of a table, as JSON would have them. It scans, so it is for tools.
func Items(ctx context.Context, client *dynamodb.Client, name string, most int32) ([]map[string]any, error) {
	page, err := client.Scan(ctx, &dynamodb.ScanInput{TableName: aws.String(name), Limit: aws.Int32(most)})
	if err != nil {
		return nil, fmt.Errorf("read the items of %s: %w", name, err)
	}
	items := []map[string]any{}
	return items, attributevalue.UnmarshalListOfMaps(page.Items, &items)
}

func hasExpired(item map[string]types.AttributeValue, now time.Time) bool {
	ttl, _ := item[schema.TTL].(*types.AttributeValueMemberN)
	if ttl == nil {
		return false
	}
	seconds, err := strconv.ParseInt(ttl.Value, 10, 64)
	return err == nil && seconds <= now.Unix()
}

// sizeOf returns about how many bytes a value has.
func sizeOf(value types.AttributeValue) int {
	switch v := value.(type) {
	case *types.AttributeValueMemberS:
		return len(v.Value)
	case *types.AttributeValueMemberN:
		return len(v.Value)
	case *types.AttributeValueMemberB:
		return len(v.Value)
	case *types.AttributeValueMemberSS:
		return len(strings.Join(v.Value, ""))
	default:
		return 1
	}
}
