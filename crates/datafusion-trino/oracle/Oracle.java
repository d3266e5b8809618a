// A real Trino in one process: answers questions that come as lines of JSON on standard input, with lines of JSON.
//
//   {"load": TABLE, "schema": S, "type": ROW_TYPE, "file": F}   a table from a file of JSON objects, one a line
//   {"sql": TEXT, "schema": S, "now": ISO_TIME}                 its columns and rows, or the error
//
// Values are text as Athena would write them; arrays and rows are JSON arrays, maps are {"map": [[key, value], …]}.

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.airlift.log.Level;
import io.airlift.log.Logging;
import io.airlift.slice.Slice;
import io.airlift.slice.Slices;
import io.trino.Session;
import io.trino.metadata.InternalFunctionBundle;
import io.trino.plugin.memory.MemoryConnectorFactory;
import io.trino.spi.TrinoException;
import io.trino.spi.connector.CatalogSchemaName;
import io.trino.spi.function.Description;
import io.trino.spi.function.ScalarFunction;
import io.trino.spi.function.SqlNullable;
import io.trino.spi.function.SqlType;
import io.trino.spi.security.PrincipalType;
import io.trino.spi.security.TrinoPrincipal;
import io.trino.spi.type.ArrayType;
import io.trino.spi.type.MapType;
import io.trino.spi.type.RowType;
import io.trino.spi.type.TimeZoneKey;
import io.trino.spi.type.Type;
import io.trino.sql.parser.ParsingException;
import io.trino.testing.LocalQueryRunner;
import io.trino.testing.MaterializedResult;
import io.trino.testing.MaterializedRow;
import io.trino.testing.TestingSession;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

public final class Oracle {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static List<Slice> lines = List.of();

    private final LocalQueryRunner runner;

    public static final class Lines {
        private Lines() {}

        @ScalarFunction("oracle_line")
        @Description("A line of the file that is being loaded; NULL beyond its end")
        @SqlNullable
        @SqlType("varchar")
        public static Slice line(@SqlType("bigint") long index) {
            return index < lines.size() ? lines.get((int) index) : null;
        }
    }

    private Oracle() {
        runner = LocalQueryRunner.create(session("default", Instant.EPOCH));
        runner.createCatalog("memory", new MemoryConnectorFactory(), Map.of("memory.max-data-per-node", "2GB"));
        runner.addFunctions(InternalFunctionBundle.builder().scalars(Lines.class).build());
    }

    private static Session session(String schema, Instant now) {
        return TestingSession.testSessionBuilder()
                .setCatalog("memory")
                .setSchema(schema)
                .setTimeZoneKey(TimeZoneKey.UTC_KEY)
                .setStart(now)
                .build();
    }

    public static void main(String[] arguments) throws Exception {
        // Trino logs to standard output, which is ours.
        PrintStream answers = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        System.setOut(System.err);
        Logging.initialize();
        Logging.initialize().setLevel("", Level.ERROR);
        Oracle oracle = new Oracle();
        BufferedReader questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        String question;
        while ((question = questions.readLine()) != null) {
            answers.println(JSON.writeValueAsString(oracle.answer(JSON.readTree(question))));
            answers.flush();
        }
        System.exit(0);
    }

    private JsonNode answer(JsonNode question) {
        try {
            return question.has("load") ? load(question) : ask(question);
        }
        catch (ParsingException refused) {
            return error("SYNTAX_ERROR", refused.getErrorMessage(), refused.getLineNumber(), refused.getColumnNumber());
        }
        catch (TrinoException refused) {
            return refused.getLocation()
                    .map(at -> error(refused.getErrorCode().getName(), refused.getRawMessage(), at.getLineNumber(), at.getColumnNumber()))
                    .orElseGet(() -> error(refused.getErrorCode().getName(), refused.getRawMessage(), 0, 0));
        }
        catch (StackOverflowError tooDeep) {
            return error("STACK_OVERFLOW", "nested too deep", 0, 0);
        }
        catch (Throwable broken) {
            // The engine wraps what a worker thread throws.
            for (Throwable cause = broken; cause != null; cause = cause.getCause()) {
                if (cause instanceof TrinoException refused) {
                    return error(refused.getErrorCode().getName(), refused.getRawMessage(), 0, 0);
                }
            }
            return error("INTERNAL_ERROR", broken.toString(), 0, 0);
        }
    }

    private static JsonNode error(String code, String message, int line, int column) {
        ObjectNode answer = JSON.createObjectNode();
        answer.put("error", code).put("message", message);
        if (line > 0) {
            answer.put("line", line).put("column", column);
        }
        return answer;
    }

    private JsonNode load(JsonNode question) throws Exception {
        String schema = question.get("schema").asText();
        List<Slice> read = new ArrayList<>();
        for (String line : Files.readAllLines(Path.of(question.get("file").asText()))) {
            read.add(Slices.utf8Slice(line));
        }
        lines = read;
        Session session = session(schema, Instant.EPOCH);
        runner.inTransaction(session, within -> {
            var name = new CatalogSchemaName("memory", schema);
            if (!runner.getMetadata().schemaExists(within, name)) {
                runner.getMetadata().createSchema(within, name, Map.of(), new TrinoPrincipal(PrincipalType.USER, within.getUser()));
            }
            return null;
        });
        if (read.isEmpty()) {
            runner.execute(session, "CREATE TABLE %s AS SELECT CAST(NULL AS %s).* WHERE FALSE"
                    .formatted(question.get("load").asText(), question.get("type").asText()));
            return JSON.createObjectNode().put("loaded", "0");
        }
        // A sequence has at most 10,000 entries. The expressions are the same for every table of a type: Trino compiles them once.
        MaterializedResult count = runner.execute(session, """
                CREATE TABLE %s AS
                SELECT CAST(json_parse(oracle_line(thousands * 1000 + ones)) AS %s).*
                FROM UNNEST(sequence(0, %d)) AS a(thousands)
                CROSS JOIN UNNEST(sequence(0, 999)) AS b(ones)
                WHERE oracle_line(thousands * 1000 + ones) IS NOT NULL
                """.formatted(question.get("load").asText(), question.get("type").asText(), read.size() / 1000));
        ObjectNode answer = JSON.createObjectNode();
        answer.put("loaded", String.valueOf(count.getOnlyValue()));
        return answer;
    }

    private JsonNode ask(JsonNode question) {
        Instant now = question.hasNonNull("now") ? Instant.parse(question.get("now").asText()) : Instant.EPOCH;
        String schema = question.hasNonNull("schema") ? question.get("schema").asText() : "default";
        MaterializedResult result = runner.execute(session(schema, now), question.get("sql").asText());
        ObjectNode answer = JSON.createObjectNode();
        ArrayNode columns = answer.putArray("columns");
        result.getColumnNames().forEach(columns::add);
        ArrayNode types = answer.putArray("types");
        result.getTypes().forEach(type -> types.add(type.getDisplayName()));
        ArrayNode rows = answer.putArray("rows");
        for (MaterializedRow row : result) {
            ArrayNode cells = rows.addArray();
            for (int at = 0; at < result.getTypes().size(); at++) {
                cells.add(value(result.getTypes().get(at), row.getField(at)));
            }
        }
        return answer;
    }

    private static JsonNode value(Type type, Object value) {
        if (value == null) {
            return JSON.nullNode();
        }
        if (type instanceof ArrayType array) {
            ArrayNode items = JSON.createArrayNode();
            ((List<?>) value).forEach(item -> items.add(value(array.getElementType(), item)));
            return items;
        }
        if (type instanceof RowType row) {
            ArrayNode fields = JSON.createArrayNode();
            List<?> values = value instanceof MaterializedRow cells ? cells.getFields() : (List<?>) value;
            for (int at = 0; at < values.size(); at++) {
                fields.add(value(row.getFields().get(at).getType(), values.get(at)));
            }
            return fields;
        }
        if (type instanceof MapType map) {
            List<JsonNode> entries = new ArrayList<>();
            ((Map<?, ?>) value).forEach((key, item) -> entries.add(
                    JSON.createArrayNode().add(value(map.getKeyType(), key)).add(value(map.getValueType(), item))));
            entries.sort((a, b) -> a.toString().compareTo(b.toString()));
            ObjectNode object = JSON.createObjectNode();
            object.putArray("map").addAll(entries);
            return object;
        }
        if (value instanceof byte[] bytes) {
            StringBuilder text = new StringBuilder();
            for (byte b : bytes) {
                text.append(text.length() > 0 ? " " : "").append("%02x".formatted(b));
            }
            return JSON.getNodeFactory().textNode(text.toString());
        }
        return JSON.getNodeFactory().textNode(String.valueOf(value));
    }
}
