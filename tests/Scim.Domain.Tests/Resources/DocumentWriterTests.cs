using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FluentAssertions;
using NUnit.Framework;
using Scim.Domain.Resources;
using Scim.Domain.Schemas;
using Scim.Domain.Text;

namespace Scim.Domain.Tests.Resources;

internal sealed class DocumentWriterTests
{
    [Law]
    public bool What_is_written_reads_back_equal(UserJson user)
    {
        var document = user.Document;

        var again = DocumentReader.ReadStored(DocumentWriter.Write(document, Some.Id).Bytes.Span, Some.AcmeSchema);

        return again.Equals(document)
            && again.GetHashCode() == document.GetHashCode()
            && DocumentWriter
                .Write(again, Some.Id)
                .Bytes.Span.SequenceEqual(DocumentWriter.Write(document, Some.Id).Bytes.Span);
    }

    [Law]
    public bool A_client_that_sends_back_what_it_read_changes_nothing(UserJson user)
    {
        var stored = DocumentWriter.Write(user.Document, Some.Id).Bytes;

        return DocumentReader.ReadBody(stored.Span, Some.AcmeSchema, Some.Strict).Document.Equals(user.Document);
    }

    [Law]
    public bool Names_in_another_case_bind_the_same(UserJson user) =>
        Some.Read(Upper(JsonNode.Parse(user.Json)!)!.ToJsonString()).Document.Equals(user.Document);

    [Law]
    public bool The_folded_overlay_holds_exactly_what_differs_in_comparison_form(UserJson user)
    {
        var stored = (JsonObject)JsonNode.Parse(DocumentWriter.Write(user.Document, Some.Id).Bytes.Span)!;
        var folded = DocumentWriter.WriteFolded(user.Document) is { } bytes
            ? (JsonObject)JsonNode.Parse(bytes.Span)!
            : [];

        return Some
            .AcmeSchema.Root.Where(attribute => user.Document.Root[attribute] is not null)
            .All(attribute =>
            {
                var expected = Comparison(stored[attribute.Name]!, attribute);
                var differs = !JsonNode.DeepEquals(expected, stored[attribute.Name]);
                return folded.ContainsKey(attribute.Name) == differs
                    && (!differs || JsonNode.DeepEquals(folded[attribute.Name], expected));
            });
    }

    [Test]
    public void Stored_bytes_begin_with_schemas_and_id_and_name_extensions_that_have_values()
    {
        var document = Some.Document($$"""  "title": "T", "{{Urns.EnterpriseUser}}": {"department": "IT"} """);

        Encoding
            .UTF8.GetString(DocumentWriter.Write(document, Some.Id).Bytes.Span)
            .Should()
            .Be(
                $$$"""{"schemas":["{{{Urns.User}}}","{{{Urns.EnterpriseUser}}}"],"id":"{{{Some.Id}}}","userName":"bjensen","title":"T","{{{Urns.EnterpriseUser}}}":{"department":"IT"}}"""
            );
    }

    [Test]
    public void The_manager_ends_where_its_derived_parts_belong()
    {
        var stored = DocumentWriter.Write(
            Some.Document(
                $$"""  "title": "ü", "{{Urns.EnterpriseUser}}": {"department": "IT", "manager": {"value": "ß"} } """
            ),
            Some.Id
        );

        Encoding
            .UTF8.GetString(stored.Bytes.Span[..stored.ManagerEnd!.Value])
            .Should()
            .EndWith("\"manager\":{\"value\":\"ß\"");
        Encoding.UTF8.GetString(stored.Bytes.Span[stored.ManagerEnd.Value..]).Should().Be("}}}");
    }

    [Test]
    public void Without_a_manager_there_is_no_manager_end() =>
        DocumentWriter
            .Write(Some.Document($$"""  "{{Urns.EnterpriseUser}}": {"department": "IT"} """), Some.Id)
            .ManagerEnd.Should()
            .BeNull();

    [Test]
    public void Text_in_comparison_form_needs_no_overlay() =>
        DocumentWriter
            .WriteFolded(Some.Document(""" "title": "dr", "externalId": "ABC", "profileUrl": "https://X" """))
            .Should()
            .BeNull();

    [Test]
    public void The_overlay_folds_text_and_turns_times_to_UTC()
    {
        var folded = DocumentWriter.WriteFolded(
            Some.Document(
                $$"""  "title": "Straße", "emails": [{"value": "x"}, {"value": "A@B", "type": "work"}], "{{Some.AcmeUrn}}": {"since": "2011-05-13T06:42:34+02:00"} """
            )
        );

        Encoding
            .UTF8.GetString(folded!.Value.Span)
            .Should()
            .Be(
                $$$"""{"title":"strasse","emails":[{"value":"x"},{"value":"a@b","type":"work"}],"{{{Some.AcmeUrn}}}":{"since":"2011-05-13T04:42:34.0000000Z"}}"""
            );
    }

    [Test]
    public void A_character_that_is_no_character_can_be_stored_and_folded()
    {
        var document = Some.Document("""  "title": "Ａ\ufffeB\uffff" """);

        Encoding.UTF8.GetString(DocumentWriter.WriteFolded(document)!.Value.Span).Should().Contain("a");
        DocumentReader
            .ReadStored(DocumentWriter.Write(document, Some.Id).Bytes.Span, Some.AcmeSchema)
            .Should()
            .Be(document);
    }

    [Test]
    public void Equal_documents_with_lists_have_equal_hashes_and_different_ones_rarely()
    {
        var documents = Enumerable
            .Range(0, 100)
            .Select(i => Some.Document($$"""  "roles": [{"value": "r{{i}}"}] """).GetHashCode());

        documents.Distinct().Should().HaveCountGreaterThan(90);
    }

    private static JsonNode? Upper(JsonNode? node) =>
        node switch
        {
            JsonObject json => new JsonObject(
                json.Select(member => KeyValuePair.Create(member.Key.ToUpperInvariant(), Upper(member.Value)))
            ),
            JsonArray array => new JsonArray([.. array.Select(Upper)]),
            _ => node?.DeepClone(),
        };

    private static JsonNode Comparison(JsonNode node, AttributeDefinition attribute) =>
        node switch
        {
            JsonArray array => new JsonArray([.. array.Select(item => Comparison(item!, attribute))]),
            JsonObject json => new JsonObject(
                json.Select(member =>
                    KeyValuePair.Create<string, JsonNode?>(
                        member.Key,
                        Comparison(member.Value!, attribute.Attributes.Find(member.Key)!)
                    )
                )
            ),
            _ when attribute.Type == AttributeType.DateTime => DateTimeValue.Parse(node.GetValue<string>())!.Sortable,
            _ when attribute.Folds && node.GetValueKind() == JsonValueKind.String => Folding.Fold(
                node.GetValue<string>()
            ),
            _ => node.DeepClone(),
        };
}
