using System.Text.Json;
using FluentAssertions;
using NUnit.Framework;
using Scim.Domain.Errors;
using Scim.Domain.Filters;
using Scim.Domain.Patching;
using Scim.Domain.Resources;
using Scim.Domain.Schemas;

namespace Scim.Domain.Tests.Patching;

internal sealed class PatchLaws
{
    [Law]
    public void What_a_patch_makes_can_be_stored_and_has_one_primary(UserJson user, OperationJson[] operations)
    {
        if (Try(user.Document, [.. operations.Take(6).Select(o => o.Json)]) is not { } after)
        {
            return;
        }

        DocumentReader.ReadStored(DocumentWriter.Write(after, Some.Id).Bytes.Span, Some.AcmeSchema).Should().Be(after);
        DocumentReader
            .ReadBody(DocumentWriter.Write(after, Some.Id).Bytes.Span, Some.AcmeSchema, Some.Strict)
            .Document.Should()
            .Be(after);
        DocumentRules.Tidy(after, Some.Strict).Should().BeSameAs(after);
    }

    [Law]
    public void A_patch_takes_effect_whole_or_not_at_all(UserJson user, OperationJson first, OperationJson second)
    {
        var document = user.Document;
        var before = Some.Print(document);

        Try(document, first.Json, second.Json, Patches.Add("bogus", "1")).Should().BeNull();
        Try(document, first.Json, second.Json);

        Some.Print(document).Should().Be(before);
    }

    [Law]
    public bool Two_operations_in_one_request_are_one_after_the_other(
        UserJson user,
        OperationJson first,
        OperationJson second
    )
    {
        var together = Try(user.Document, first.Json, second.Json);
        var apart = Try(user.Document, first.Json) is { } middle ? Try(middle, second.Json) : null;

        return Equals(together, apart);
    }

    [Law]
    public bool Repeating_an_operation_without_a_filter_changes_nothing(UserJson user, OperationJson operation)
    {
        using var json = JsonDocument.Parse(operation.Json);
        var hasFilter =
            json.RootElement.TryGetProperty("path", out var path)
            && path.GetString()!.Contains('[', StringComparison.Ordinal);

        return hasFilter
            || Try(user.Document, operation.Json) is not { } once
            || once.Equals(Try(once, operation.Json));
    }

    [Law]
    public bool Repeating_a_removal_changes_nothing(UserJson user, OperationJson operation) =>
        !operation.Json.StartsWith("{\"op\":\"remove\"", StringComparison.Ordinal)
        || Try(user.Document, operation.Json) is not { } once
        || once.Equals(Try(once, operation.Json));

    [Law]
    public void Setting_every_attribute_to_the_value_it_has_changes_nothing(UserJson user)
    {
        var document = user.Document;
        foreach (var (name, value) in Some.Json(document))
        {
            Try(document, Patches.Replace(name, value!.ToJsonString())).Should().Be(document);
            Try(document, Patches.Add(name, value.ToJsonString())).Should().Be(document);
        }

        Try(document, Patches.Set(Some.Json(document).ToJsonString())).Should().Be(document);
        Try(document, Patches.Operation("add", null, Some.Json(document).ToJsonString())).Should().Be(document);
    }

    [Law]
    public bool Adding_a_value_and_removing_it_gives_back_what_was(UserJson user, AnyText text)
    {
        var value = JsonSerializer.Serialize("unique " + text.Text);

        return user.Document.Equals(
            Try(
                user.Document,
                Patches.Add("roles", $$"""[{"value":{{value}},"type":"t"}]"""),
                Patches.Remove($"roles[value eq {value}]")
            )
        );
    }

    [Law]
    public bool Removing_by_filter_leaves_exactly_what_does_not_match(UserJson user, AnyText text)
    {
        var filter = $"value eq {JsonSerializer.Serialize(text.Text)} or type pr";
        var emails = Some.AcmeSchema.Root.Find("emails")!;
        var parsed = FilterParser.ParseElement(filter, emails, Some.Auto, new FilterLimits());

        var after = Try(user.Document, Patches.Remove($"emails[{filter}]"))!.Root[emails] as ListValue;
        var expected =
            (user.Document.Root[emails] as ListValue)?.Items.Where(item => !parsed.Matches((ComplexValue)item)) ?? [];

        return expected.SequenceEqual(after?.Items ?? []);
    }

    [Law]
    public bool Removing_every_attribute_leaves_the_required_one(UserJson user)
    {
        var names = Some.Json(user.Document).Select(member => member.Key).Where(name => name != "userName");

        return Try(user.Document, [.. names.Select(name => Patches.Remove(name)), Patches.Remove("nickName")])
                is { } after
            && after.Equals(
                Some.Document($$"""  "userName": {{JsonSerializer.Serialize(user.Document.Text("userName"))}} """)
            );
    }

    private static Document? Try(Document document, params string[] operations)
    {
        if (operations.Length == 0)
        {
            return document;
        }

        try
        {
            return document.Apply(operations).Document;
        }
        catch (ScimException exception)
        {
            exception.Error.Status.Should().Be(400);
            exception
                .Error.ScimType.Should()
                .BeOneOf("invalidPath", "invalidValue", "noTarget", "mutability", "invalidSyntax");
            return null;
        }
    }
}
